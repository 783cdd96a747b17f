// What model servers have counted (stages/serve/observe/metrics.hpp), and what came in while we looked on.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace mlopsctl::k8s {

struct Counts {
  int64_t requests = 0, errors = 0;         // answered; of those with a 5xx. Health checks and metrics do not count
  std::map<double, int64_t> within;         // answered within so many seconds: growing, the last is infinity
  std::map<std::string, int64_t> answered;  // texts by the label that was named

  int64_t texts() const;
  Counts& operator+=(const Counts& more);
  Counts& operator-=(const Counts& less);
  bool operator==(const Counts&) const = default;
};

// A value of one of a metric's series.
struct Sample {
  std::string name;
  std::map<std::string, std::string, std::less<>> labels;
  double value = 0;
  std::string_view label(std::string_view key) const;  // empty: it has none
};
// Of one of our metrics that are judged by, and of requests that users made.
bool is_counted(const Sample& sample);
// What is not is passed over.
void count(const Sample& sample, Counts& counts);
// Reads Prometheus' text format; families and lines that are not ours are passed over. All zero: it says nothing of ours.
Counts read_counts(std::string_view exposition);

struct Evidence {
  Counts candidate, champion;  // since the window began
  Counts champion_before;      // before: for when the champion gets no more requests
  std::string unread;          // why nothing could be read; empty: something was
  std::string missing = {};    // what nobody knows of the present, so that nothing passes; empty: nothing
};

// Sums up what pods count within a window of time. Pods come and go, and start again from zero.
class Meter {
 public:
  enum class Role { candidate, champion };
  // What a candidate counted before it was first seen counts, too; what a champion did, does not.
  void see(const std::string& pod, Role role, const Counts& now);
  // A new window begins. `late`: what is seen may be of a while ago, as a scrape is; so what a known pod's first new counts add to those before may
  // still be of the window before, and counts for nothing.
  void restart(bool late);
  Evidence evidence() const;

 private:
  struct Pod {
    Role role = Role::candidate;
    Counts from, last;    // at the begin of the window, at the last look
    bool behind = false;  // nothing was seen yet that is surely of this window
  };
  std::map<std::string, Pod> pods_;
  Counts candidate_, champion_, before_;  // of this window, from before a pod's start anew
};

}  // namespace mlopsctl::k8s
