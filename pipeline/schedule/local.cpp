#include "pipeline/schedule/local.hpp"

#include <algorithm>

#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/k8s/job_contract.hpp"

namespace mlopsctl::schedule {

namespace {

// Timers may be late, and machines busy; a CronJob of ours may start as late as this, too.
constexpr std::chrono::seconds slack(600);

Json time_json(const std::optional<TimePoint>& time) { return time ? Json(rfc3339(*time)) : Json(); }
std::optional<TimePoint> time_from(const Json& json) { return json.is_string() ? from_rfc3339(json.get<std::string>()) : std::nullopt; }

}  // namespace

Result<std::optional<Log>> Log::load(const std::filesystem::path& path) {
  std::error_code absent;
  if (!std::filesystem::exists(path, absent)) return std::optional<Log>();
  TRY_ASSIGN(const std::string text, read_file(path));
  TRY_ASSIGN(const Json json, parse_json(text, path.string()));
  try {
    Log log;
    log.cron = json.at("cron"), log.time_zone = json.at("time_zone"), log.run_name = json.at("run_name");
    log.since = time_from(json.at("since")).value_or(TimePoint());
    log.began = time_from(json.at("began")), log.ended = time_from(json.at("ended"));
    log.exit_code = json.at("exit_code");
    return std::optional(std::move(log));
  } catch (const Json::exception& fault) {
    return stage_error(path.string() + " is no record of a schedule: " + fault.what()).with_hint("remove it: the next run writes it anew");
  }
}

Status Log::save(const std::filesystem::path& path) const {
  TRY(make_folders(path.parent_path()));
  sweep_temporaries(path.parent_path(), path.filename().string() + ".");  // of one that was killed
  return write_file_atomically(path, pretty({{"cron", cron},
                                             {"time_zone", time_zone},
                                             {"since", rfc3339(since)},
                                             {"began", time_json(began)},
                                             {"ended", time_json(ended)},
                                             {"exit_code", exit_code},
                                             {"run_name", run_name}}));
}

Result<TimeZone> zone_of(const std::string& name) {
  if (!name.empty()) return TimeZone::find(name);
  const auto bytes = read_file("/etc/localtime");
  return bytes ? TimeZone::read(*bytes, "/etc/localtime") : Result<TimeZone>(TimeZone());
}

std::string name_of_run(const Job& job, const std::optional<Log>& log, TimePoint now) {
  const bool goes_on = log && log->began && (!log->ended || log->exit_code > 2);
  if (goes_on) return log->run_name;
  std::string time = rfc3339(now).substr(0, 16);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return job.name + "-" + time;
}

bool worth_another_try(int exit_code) {
  const k8s::JobEnd* end = k8s::job_end(exit_code);
  return end != nullptr && end->then == k8s::JobEnd::Then::count;
}

std::chrono::seconds pause_before(int further_try) {
  constexpr int64_t first = 1, longest = 360;
  return std::chrono::seconds(std::min(first << std::min(2 * (further_try - 1), 10), longest));
}

k8s::ScheduleState judge(const Job& job, const std::optional<Log>& log, bool running, TimePoint now) {
  using Health = k8s::ScheduleState::Health;
  k8s::ScheduleState state;
  state.name = state.work = job.name;
  state.schedule = job.cron;
  state.time_zone = job.time_zone;
  const auto zone = zone_of(job.time_zone);
  const auto schedule = k8s::CronSchedule::read(job.cron);
  if (!zone || !schedule) {
    state.health = Health::unreadable;
    state.why = zone ? k8s::cron_fault(job.cron) : zone.error().message;
    return state;
  }
  for (auto at = schedule->next(now, *zone); at && state.next.size() < 3; at = schedule->next(*at, *zone)) state.next.push_back(*at);
  if (!log || log->cron != job.cron || log->time_zone != job.time_zone) {
    state.health = Health::missing;
    state.why = log ? "the timer still has \"" + log->cron + "\"" : "this machine has no timer for it";
    state.why += "; `mlopsctl schedule render --for cron` (or systemd) writes one";
    return state;
  }
  state.last = log->began;
  state.last_job = log->run_name;
  if (running) {
    state.health = Health::running;
    return state;
  }
  const std::string last = "the last run, of " + (log->began ? rfc3339(*log->began) : std::string());
  if (log->began && !log->ended) state.health = Health::failed, state.why = last + ", was cut off";
  else if (log->began && log->exit_code > 1) state.health = Health::failed, state.why = last + ", ended with exit code " + std::to_string(log->exit_code);
  else if (log->began && log->exit_code == 1) state.why = last + ", said no (exit code 1)";
  const TimePoint since = log->began ? std::max(*log->began, log->since) : log->since;
  const auto due = schedule->next(since, *zone);
  if (!due || *due + slack >= now) return state;
  state.due = due;
  if (state.health == Health::failed) return state;
  state.health = Health::overdue;
  state.why = "a run was due at " + k8s::local_text(*due, job.time_zone) + " and was not started";
  return state;
}

}  // namespace mlopsctl::schedule
