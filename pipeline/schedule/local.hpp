// A schedule of this machine and how it keeps its times. cron or a systemd timer calls `mlopsctl schedule run NAME`, which notes when it began and how it
// ended in .mlopsctl/schedules/NAME.json; whoever asks needs neither cron nor systemd for it.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/time_zone.hpp"
#include "pipeline/k8s/cron.hpp"
#include "pipeline/k8s/schedule.hpp"

namespace mlopsctl::schedule {

struct Job {
  std::string name;
  std::vector<std::string> args;  // of mlopsctl; $(MLOPSCTL_JOB) in them stands for the name of the very run
  std::string cron;
  std::string time_zone;                 // IANA; empty: this machine's
  std::chrono::seconds deadline{86400};  // the longest that a run may take, all its tries together
  int retries = 3;                       // how often one that failed is tried again at once
};

struct Log {
  std::string cron, time_zone;  // as the timer has them
  TimePoint since;              // when it got them
  std::optional<TimePoint> began, ended;
  int exit_code = 0;     // of the run that has ended
  std::string run_name;  // of the last run, "predict-20260312T0300"
  bool operator==(const Log&) const = default;

  // Nothing where there is none.
  static Result<std::optional<Log>> load(const std::filesystem::path& path);
  Status save(const std::filesystem::path& path) const;
};

// The zone of that name; of none, this machine's (/etc/localtime; UTC where there is none).
Result<TimeZone> zone_of(const std::string& name);

// Of a run that begins now. One that was cut off, or would be tried again in a cluster, keeps its name, so that what it writes is gone on with.
std::string name_of_run(const Job& job, const std::optional<Log>& log, TimePoint now);

// Whether a run that ended so is worth another try: as in a cluster (k8s/job_contract.hpp), but for one that was told to stop.
bool worth_another_try(int exit_code);
// Before the first further try, the second ...: growing, six minutes at most.
std::chrono::seconds pause_before(int further_try);

// The work's exit code 1, a truthful no, is no failure.
k8s::ScheduleState judge(const Job& job, const std::optional<Log>& log, bool running, TimePoint now);

}  // namespace mlopsctl::schedule
