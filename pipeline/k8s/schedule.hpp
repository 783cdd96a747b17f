// How a CronJob keeps its times: a pure function of what was seen at one moment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/time_zone.hpp"
#include "pipeline/k8s/resources.hpp"

namespace mlopsctl::k8s {

struct ScheduleState {
  enum class Health {
    fine,
    suspended,
    running,    // a run is under way
    overdue,    // a run was due, was not started, and will not be
    failed,     // the last run that has ended; one whose verdict said no (exit code 1) has done its work
    missing,    // declared, and nobody has been told to run it
    unreadable  // its schedule or time zone is none that we know
  };
  Health health = Health::fine;
  std::string name, work, schedule, time_zone;  // time_zone: as written; empty: the controller's
  std::optional<TimePoint> last, due;           // when a run was last started for it; `due`: the one that was missed
  std::string last_job, why;                    // the newest Job of it that has ended; why it is not fine, or that its last run said no
  std::vector<TimePoint> next;                  // three, unless it is suspended
  bool well() const { return health == Health::fine || health == Health::running || health == Health::suspended; }
};
std::string_view to_string(ScheduleState::Health health);

// `jobs`: all of the namespace, oldest first; `now` by the server's clock.
ScheduleState judge_schedule(const Json& cron_job, const std::vector<Json>& jobs, TimePoint now);

// The times at which `schedule` is due next, at most `count`. Fails (config) where it, or the time zone, is none.
Result<std::vector<TimePoint>> next_times(const std::string& schedule, const std::string& time_zone, TimePoint after, size_t count);
// "Fri 2026-11-27 03:00 Europe/Berlin (02:00 UTC)"; of UTC, or an empty zone, "Fri 2026-11-27 03:00 UTC".
std::string local_text(TimePoint time, const std::string& time_zone);

}  // namespace mlopsctl::k8s
