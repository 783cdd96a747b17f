// The five-field schedules that the CronJob controller understands (robfig/cron v3, standard parser).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/time_zone.hpp"

namespace mlopsctl::k8s {

class CronSchedule {
 public:
  // Nothing where cron_fault() finds something.
  static std::optional<CronSchedule> read(std::string_view text);

  // The first time after `after` that it is due, on clocks of that zone. As the controller has it: a local time that is left out when clocks
  // go forward is not made up for, one that comes twice is due twice. Nothing where there is none in five years ("0 0 30 2 *").
  std::optional<TimePoint> next(TimePoint after, const TimeZone& zone) const;

  // Of a field (0: minute ... 4: day of the week): the values at which it is due, ascending; and whether it was left open, as * or ?.
  std::vector<int> values(size_t field) const;
  bool open(size_t field) const { return any_[field]; }

 private:
  friend std::string cron_fault(std::string_view text);
  static std::string parse(std::string_view text, CronSchedule& into);
  bool due_on_day(int64_t local_seconds) const;

  std::array<uint64_t, 5> bits_{};  // minutes, hours, days, months, days of the week
  std::array<bool, 5> any_{};       // written as * or ?
};

// Empty when `text` is one; else what is wrong with it: "hour: expected 0 to 23, got 24".
std::string cron_fault(std::string_view text);

}  // namespace mlopsctl::k8s
