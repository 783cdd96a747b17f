// What has to be installed so that a schedule keeps its times: lines of a crontab, or units of systemd. Pure text.
#pragma once

#include <string>
#include <vector>

#include "pipeline/schedule/local.hpp"

namespace mlopsctl::schedule {

// How a timer calls: PROGRAM -C PROJECT schedule run NAME OPTIONS...
struct Caller {
  std::string pipeline;              // of names and descriptions
  std::string program, project;      // absolute
  std::vector<std::string> options;  // "-f", "base.yaml"
};

// One line per job, with a comment above. cron has no time zones: fails (config) where a job names one whose clocks are not this machine's.
Result<std::string> crontab(const std::vector<Job>& jobs, const Caller& caller);

struct Unit {
  std::string file;  // "mlopsctl-reviews-predict.timer"
  std::string text;
};
// A service and a timer for each job.
Result<std::vector<Unit>> systemd_units(const std::vector<Job>& jobs, const Caller& caller);

// The values of OnCalendar= (systemd.time(7)) that elapse when `cron` is due: two where both a day of the month and one of the week are named, since either
// suffices for cron. The schedule must be one (k8s::cron_fault).
std::vector<std::string> calendar_of(const std::string& cron, const std::string& time_zone);

}  // namespace mlopsctl::schedule
