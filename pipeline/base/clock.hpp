// Time as a value that is passed in, so that tests turn the clock by hand.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/base/cancel.hpp"

namespace mlopsctl {

using TimePoint = std::chrono::system_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  virtual std::chrono::steady_clock::time_point steady() const = 0;
  // Lets the time pass; false when cancelled on the way.
  virtual bool pause(std::chrono::milliseconds time, const CancelToken& cancel) const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override { return std::chrono::system_clock::now(); }
  std::chrono::steady_clock::time_point steady() const override { return std::chrono::steady_clock::now(); }
  bool pause(std::chrono::milliseconds time, const CancelToken& cancel) const override;
};

// RFC 3339, UTC, milliseconds: 2026-01-31T08:15:00.123Z
std::string rfc3339(TimePoint time);
// RFC 5322, 3.3, as mail and HTTP write it, UTC, in English: "Thu, 26 Nov 2026 11:15:00 GMT"; mail's zone is "+0000".
std::string rfc5322(TimePoint time, std::string_view zone);
// The other way of rfc3339, with any offset and any number of decimals; nothing where `text` is no such time.
std::optional<TimePoint> from_rfc3339(std::string_view text);
// "0.8 s", "12 s", "3 min 20 s", "2 h 5 min"
std::string human_duration(double seconds);

}  // namespace mlopsctl
