// The schedules that this machine keeps by itself (cron, systemd timers).
#pragma once

#include "cli/session.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/k8s/schedule.hpp"

namespace mlopsctl::cli {

// Whether the question is about this machine: by --local, or because the pipeline has no other target.
Result<bool> asks_for_here(Session& session);
Result<Answer> local_schedule_status(Session& session);
// A schedule in the answer of `schedule status`; `name_space`: null where it is this machine's.
Json schedule_row(const Json& name_space, const k8s::ScheduleState& state);
// The table of `schedule status`, after answer.value["schedules"].
void show_schedules(Answer& answer);

}  // namespace mlopsctl::cli
