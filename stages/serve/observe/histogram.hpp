// Histogram: counts by upper bound, as Prometheus wants them. Thread-safe, never locks, never allocates after it was made.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mlopsctl::serve {

class Histogram {
 public:
  explicit Histogram(std::span<const double> bounds);  // ascending; they outlive the histogram
  void add(double value);
  uint64_t count() const;
  // NAME_bucket{LABELS,le="..."} n, NAME_sum, NAME_count. `labels` without braces; may be empty.
  void write(std::string& out, std::string_view name, std::string_view labels) const;

 private:
  std::span<const double> bounds_;
  std::unique_ptr<std::atomic<uint64_t>[]> counts_;  // of each bound, not added up, and beyond the last
  std::atomic<double> sum_{0};
};

// "0.005", "1", "1e-09": as short as it can be read back.
void append_number(std::string& out, double value);
// NAME{LABELS} value
void append_sample(std::string& out, std::string_view name, std::string_view labels, double value);
// # HELP and # TYPE
void append_family(std::string& out, std::string_view name, std::string_view type, std::string_view help);
// A family with one sample.
void append_one(std::string& out, std::string_view name, std::string_view type, std::string_view help, double value, std::string_view labels = "");
// name="value", with what has to be escaped.
std::string label(std::string_view name, std::string_view value);

}  // namespace mlopsctl::serve
