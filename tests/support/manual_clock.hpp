// A clock that stands still until a test turns it.
#pragma once

#include <vector>

#include "pipeline/base/clock.hpp"

namespace mlopsctl::testing {

class ManualClock final : public Clock {
 public:
  // An hour ahead, so that files written a moment ago are old enough to be remembered.
  ManualClock() : now_(std::chrono::system_clock::now() + std::chrono::hours(1)) {}
  explicit ManualClock(TimePoint now) : now_(now) {}

  TimePoint now() const override { return now_; }
  std::chrono::steady_clock::time_point steady() const override { return steady_; }

  bool pause(std::chrono::milliseconds time, const CancelToken& cancel) const override {
    pauses.push_back(time);
    now_ += time;
    steady_ += time;
    return !cancel.cancelled();
  }
  mutable std::vector<std::chrono::milliseconds> pauses;  // those asked for; none took any time

  void advance(std::chrono::milliseconds by) {
    now_ += by;
    steady_ += by;
  }

 private:
  mutable TimePoint now_;
  mutable std::chrono::steady_clock::time_point steady_{};
};

}  // namespace mlopsctl::testing
