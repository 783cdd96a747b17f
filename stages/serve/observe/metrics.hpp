// Metrics: what the server counts, in Prometheus' text format. Thread-safe; counting allocates nothing but once for each new model.
#pragma once

#include <array>
#include <deque>
#include <mutex>

#include "stages/serve/observe/histogram.hpp"
#include "stages/serve/outcome.hpp"

namespace mlopsctl::serve {

// Figures that others keep, as they are at the moment of asking.
struct Gauges {
  size_t connections = 0, held_bytes = 0;
  uint64_t accepted = 0, evicted = 0, refused = 0, timed_out = 0;
  uint64_t log_lines_dropped = 0;
  bool ready = false;
  ScorerStats scorer{};
  std::shared_ptr<const LiveModel> model{};
  std::string version{};  // of the program
};

class Metrics {
 public:
  Metrics();
  // What requests may be counted under, before the first of them; its number for answered().
  size_t add_route(const std::string& name);

  void begin() { in_flight_.fetch_add(1, std::memory_order_relaxed); }
  void answered(size_t route, int status, double seconds);  // ends what begin() began; route 0: none
  void limited(std::string_view why);                       // "no key", "rate", "quota", "size", "origin"
  void observe(const Outcome& outcome);
  void observe(const BatchNote& batch);

  std::string text(const Gauges& gauges) const;

 private:
  struct OfRoute {
    explicit OfRoute(std::string name);
    std::string name;
    std::array<std::atomic<uint64_t>, 500> by_status{};  // from 100 on
    Histogram seconds;
  };
  struct OfModel {
    explicit OfModel(const LiveModel& model);
    Digest digest;
    std::string labels;  // model="...",version="...",digest="..."
    std::vector<std::string> names;
    std::unique_ptr<std::atomic<uint64_t>[]> answers;
    Histogram confidence;
  };
  OfModel& of(const LiveModel& model);

  std::deque<OfRoute> routes_;
  std::atomic<int64_t> in_flight_{0};
  std::array<std::atomic<uint64_t>, 5> limited_{};
  std::array<Histogram, 4> stages_;  // parse, queue, score, write
  Histogram texts_, tokens_, batch_texts_, batch_tokens_, batch_seconds_;
  std::atomic<uint64_t> shadow_batches_{0};
  mutable std::mutex mutex_;                     // of models_
  std::deque<std::shared_ptr<OfModel>> models_;  // the newest few
};

}  // namespace mlopsctl::serve
