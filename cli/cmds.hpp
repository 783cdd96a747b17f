// The commands, one function each in cmd_<name>.cpp. They decide nothing about words or print-outs: arguments in, answer out.
#pragma once

#include "cli/answer.hpp"
#include "cli/session.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::cli {

Result<Answer> cmd_init(Session& session);
Result<Answer> cmd_validate(Session& session);
Result<Answer> cmd_plan(Session& session);
Result<Answer> cmd_run(Session& session);
Result<Answer> cmd_retrain(Session& session);
Result<Answer> cmd_explain(Session& session);
Result<Answer> cmd_status(Session& session);
Result<Answer> cmd_history(Session& session);
Result<Answer> cmd_diff(Session& session);
Result<Answer> cmd_diff_live(Session& session);  // diff --live
Result<Answer> cmd_report(Session& session);
Result<Answer> cmd_predict(Session& session);
Result<Answer> cmd_serve(Session& session);
Result<Answer> cmd_pages(Session& session);
Result<Answer> cmd_probe(Session& session);
Result<Answer> cmd_alert_test(Session& session);
Result<Answer> cmd_alert_flush(Session& session);
Result<Answer> cmd_drift_self_test(Session& session);
Result<Answer> cmd_drift_monitor(Session& session);
Result<Answer> cmd_model_list(Session& session);
Result<Answer> cmd_model_show(Session& session);
Result<Answer> cmd_model_alias(Session& session);
Result<Answer> cmd_model_fetch(Session& session);
Result<Answer> cmd_model_publish(Session& session);
Result<Answer> cmd_rollback(Session& session);
Result<Answer> cmd_rollback_in_cluster(Session& session);  // rollback --namespace
Result<Answer> cmd_promote(Session& session);
Result<Answer> cmd_rehearse(Session& session);
Result<Answer> cmd_rollout_status(Session& session);
Result<Answer> cmd_rollout_watch(Session& session);
Result<Answer> cmd_rollout_pause(Session& session);
Result<Answer> cmd_rollout_resume(Session& session);
Result<Answer> cmd_rollout_abort(Session& session);
Result<Answer> cmd_rollout_history(Session& session);
Result<Answer> cmd_render(Session& session);
Result<Answer> cmd_deploy(Session& session);
Result<Answer> cmd_job_start(Session& session);
Result<Answer> cmd_job_list(Session& session);
Result<Answer> cmd_job_logs(Session& session);
Result<Answer> cmd_job_cancel(Session& session);
Result<Answer> cmd_schedule_apply(Session& session);
Result<Answer> cmd_schedule_status(Session& session);
Result<Answer> cmd_schedule_fire(Session& session);
Result<Answer> cmd_schedule_run(Session& session);
Result<Answer> cmd_schedule_render(Session& session);
Result<Answer> cmd_cache_gc(Session& session);
Result<Answer> cmd_cache_verify(Session& session);
Result<Answer> cmd_schema(Session& session);
Result<Answer> cmd_doctor(Session& session);
Result<Answer> cmd_completion(Session& session);
Result<Answer> cmd_version(Session& session);

}  // namespace mlopsctl::cli
