#include "pipeline/k8s/schedule.hpp"

#include <algorithm>

#include "pipeline/k8s/cron.hpp"
#include "pipeline/k8s/job_status.hpp"

namespace mlopsctl::k8s {

namespace {

using std::chrono::seconds;

// The controller looks once every ten seconds, and Jobs take a moment to be made.
constexpr seconds slack(60);

std::optional<TimePoint> time_at(const Json& value) { return value.is_string() ? from_rfc3339(value.get<std::string>()) : std::nullopt; }

// A controller without a time zone of its own goes by UTC, as in every usual cluster.
Result<TimeZone> zone_of(const std::string& name) { return name.empty() ? TimeZone() : TimeZone::find(name); }

}  // namespace

std::string_view to_string(ScheduleState::Health health) {
  switch (health) {
    case ScheduleState::Health::fine:
      return "fine";
    case ScheduleState::Health::suspended:
      return "suspended";
    case ScheduleState::Health::running:
      return "running";
    case ScheduleState::Health::overdue:
      return "overdue";
    case ScheduleState::Health::failed:
      return "failed";
    case ScheduleState::Health::missing:
      return "missing";
    case ScheduleState::Health::unreadable:
      return "unreadable";
  }
  return "";
}

ScheduleState judge_schedule(const Json& cron_job, const std::vector<Json>& jobs, TimePoint now) {
  using Health = ScheduleState::Health;
  const Json &metadata = at(cron_job, "metadata"), &spec = at(cron_job, "spec"), &status = at(cron_job, "status");
  ScheduleState state;
  state.name = text_at(at(metadata, "name"));
  state.work = text_at(at(at(spec, "jobTemplate", "metadata", "annotations"), "mlopsctl/job"));
  state.schedule = text_at(at(spec, "schedule"));
  state.time_zone = text_at(at(spec, "timeZone"));
  state.last = time_at(at(status, "lastScheduleTime"));

  const Json* ended = nullptr;
  bool running = false;
  for (const Json& job : jobs) {
    if (!owned_by(job, text_at(at(metadata, "uid")))) continue;
    if (has_ended(job)) ended = &job;
    else running = true;
  }
  if (ended != nullptr) {
    state.last_job = text_at(at(*ended, "metadata", "name"));
    const JobProgress progress = judge_job({*ended, {}, {}});
    const std::string last = "the last run, " + state.last_job;
    if (progress.phase == JobProgress::Phase::failed && progress.passed_on() > 1) state.health = Health::failed, state.why = last + ", failed: " + progress.reason;
    else if (progress.phase == JobProgress::Phase::failed) state.why = last + ", said no (exit code 1)";  // an answer
  }

  if (at(spec, "suspend") == true) {
    state.health = Health::suspended;
    state.why = "it is suspended: nothing is started";
    return state;
  }
  auto times = next_times(state.schedule, state.time_zone, now, 3);
  if (!times) {
    state.health = Health::unreadable;
    state.why = times.error().message;
    return state;
  }
  state.next = std::move(*times);
  if (running) {
    if (state.health == Health::fine) state.health = Health::running;
    return state;
  }
  // Due first after its last start, or after it was made or last changed.
  auto since = std::max(state.last, time_at(at(metadata, "creationTimestamp")));
  for (const Json& change : at(metadata, "managedFields"))
    if (at(change, "subresource").is_null()) since = std::max(since, time_at(at(change, "time")));
  const auto deadline = seconds(number_at(at(spec, "startingDeadlineSeconds"), 0));
  if (!since) return state;
  const auto due = next_times(state.schedule, state.time_zone, *since, 1);
  if (!due || due->empty() || due->front() + deadline + slack >= now) return state;
  state.due = due->front();
  if (state.health == Health::failed) return state;
  state.health = Health::overdue;
  state.why = "a run was due at " + local_text(*state.due, state.time_zone) + " and was not started" +
              (deadline > seconds(0) ? " within " + std::to_string(deadline.count()) + " s" : "");
  return state;
}

Result<std::vector<TimePoint>> next_times(const std::string& schedule, const std::string& time_zone, TimePoint after, size_t count) {
  if (const std::string fault = cron_fault(schedule); !fault.empty()) return config_error("the schedule \"" + schedule + "\" is none: " + fault);
  TRY_ASSIGN(const TimeZone zone, zone_of(time_zone));
  std::vector<TimePoint> times;
  for (auto at = CronSchedule::read(schedule)->next(after, zone); at && times.size() < count; at = CronSchedule::read(schedule)->next(*at, zone))
    times.push_back(*at);
  return times;
}

std::string local_text(TimePoint time, const std::string& time_zone) {
  constexpr const char* names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const auto zone = zone_of(time_zone);
  const TimePoint local = time + (zone ? zone->ahead(time) : seconds(0));
  const std::string text = rfc3339(local), utc = rfc3339(time);
  const unsigned day = std::chrono::weekday(std::chrono::floor<std::chrono::days>(local)).c_encoding();
  const bool is_utc = time_zone.empty() || time_zone == "UTC" || time_zone == "Etc/UTC" || !zone;
  return std::string(names[day]) + " " + text.substr(0, 10) + " " + text.substr(11, 5) +
         (is_utc ? " UTC" : " " + time_zone + " (" + utc.substr(11, 5) + " UTC)");
}

}  // namespace mlopsctl::k8s
