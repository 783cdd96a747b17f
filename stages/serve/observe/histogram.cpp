#include "stages/serve/observe/histogram.hpp"

#include <algorithm>
#include <charconv>

namespace mlopsctl::serve {

Histogram::Histogram(std::span<const double> bounds) : bounds_(bounds), counts_(new std::atomic<uint64_t>[bounds.size() + 1]()) {}

void Histogram::add(double value) {
  const auto at = static_cast<size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin());
  counts_[at].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

uint64_t Histogram::count() const {
  uint64_t all = 0;
  for (size_t i = 0; i <= bounds_.size(); ++i) all += counts_[i].load(std::memory_order_relaxed);
  return all;
}

void Histogram::write(std::string& out, std::string_view name, std::string_view labels) const {
  const std::string before = std::string(labels) + (labels.empty() ? "" : ",") + "le=\"", bucket = std::string(name) + "_bucket";
  uint64_t so_far = 0;
  for (size_t i = 0; i <= bounds_.size(); ++i) {
    so_far += counts_[i].load(std::memory_order_relaxed);
    std::string with = before;
    if (i < bounds_.size()) append_number(with, bounds_[i]);
    else with += "+Inf";
    append_sample(out, bucket, with + '"', static_cast<double>(so_far));
  }
  append_sample(out, std::string(name) + "_sum", labels, sum_.load(std::memory_order_relaxed));
  append_sample(out, std::string(name) + "_count", labels, static_cast<double>(so_far));
}

void append_number(std::string& out, double value) {
  char digits[32];
  if (value >= 0 && value < 1e15 && value == static_cast<double>(static_cast<uint64_t>(value)))
    out.append(digits, std::to_chars(digits, digits + sizeof digits, static_cast<uint64_t>(value)).ptr);
  else if (value >= 1e-6 && value < 1e15) out.append(digits, std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed).ptr);
  else out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_sample(std::string& out, std::string_view name, std::string_view labels, double value) {
  out += name;
  if (!labels.empty()) {
    out += '{';
    out += labels;
    out += '}';
  }
  out += ' ';
  append_number(out, value);
  out += '\n';
}

void append_family(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out += "# HELP ";
  out += name;
  out += ' ';
  out += help;
  out += "\n# TYPE ";
  out += name;
  out += ' ';
  out += type;
  out += '\n';
}

void append_one(std::string& out, std::string_view name, std::string_view type, std::string_view help, double value, std::string_view labels) {
  append_family(out, name, type, help);
  append_sample(out, name, labels, value);
}

std::string label(std::string_view name, std::string_view value) {
  std::string out(name);
  out += "=\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out + '"';
}

}  // namespace mlopsctl::serve
