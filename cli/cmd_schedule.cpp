#include <algorithm>

#include "cli/cmds.hpp"
#include "cli/jobs.hpp"
#include "cli/local_schedules.hpp"
#include "pipeline/k8s/schedule.hpp"
#include "stages/deploy/fields.hpp"

namespace mlopsctl::cli {

namespace {

using k8s::at, k8s::text_at, k8s::work_of;

// Empty: all.
bool is_asked_for(const std::vector<std::string>& names, const Json& cron_job) {
  return names.empty() || std::any_of(names.begin(), names.end(),
                                      [&](const std::string& name) { return name == work_of(cron_job) || name == text_at(at(cron_job, "metadata", "name")); });
}

Error no_schedule(const std::string& name, const std::string& where, const std::vector<Json>& known) {
  std::vector<std::string> names;
  for (const Json& each : known) names.push_back(work_of(each));
  const auto near = nearest(name, names);
  return config_error("there is no schedule \"" + name + "\" in " + where)
      .with_hint(near ? "did you mean " + *near + "?"
                      : "give a job of target.kubernetes.jobs a time, such as cron: \"0 3 * * *\", and apply it: mlopsctl schedule apply");
}

Result<std::vector<Json>> cron_jobs_asked_for(k8s::Cluster& cluster, const std::vector<std::string>& spaces) {
  std::vector<Json> all;
  for (const std::string& space : spaces)
    TRY(k8s::list(cluster, k8s::resources::cron_jobs, {space, k8s::job_selector, ""}, [&](Json& each) { all.push_back(std::move(each)); }));
  return all;
}

// Those of the pipeline, as far as their names go: none where only a namespace was named.
Result<std::vector<Json>> declared_schedules(Session& session) {
  std::vector<Json> all;
  if (session.arguments().has("--namespace")) return all;
  TRY_ASSIGN(const auto pipeline, session.checked_pipeline());
  TRY_ASSIGN(const auto stages, deploy_stages(pipeline.pipeline, {}));
  for (const spec::StageSpec* stage : stages) {
    const auto options = deploy::kubernetes_options(stage->params, stage->name);
    for (const k8s::JobOptions& job : options.jobs)
      if (!job.cron.empty())
        all.push_back({{"kind", "CronJob"},
                       {"metadata", {{"namespace", options.name_space}, {"name", options.name + "-" + job.name}}},
                       {"spec",
                        {{"schedule", job.cron},
                         {"timeZone", job.time_zone.empty() ? Json() : Json(job.time_zone)},
                         {"jobTemplate", {{"metadata", {{"annotations", {{"mlopsctl/job", job.name}}}}}}}}}});
  }
  return all;
}

Json times_json(const std::vector<TimePoint>& times) {
  Json all = Json::array();
  for (const TimePoint time : times) all.push_back(rfc3339(time));
  return all;
}

}  // namespace

Result<Answer> cmd_schedule_apply(Session& session) {
  const auto names = session.arguments().positional_values("NAME");
  TRY_ASSIGN(const auto pipeline, session.checked_pipeline());
  TRY_ASSIGN(auto stages, rendered_stages(session, pipeline, {}, false));
  k8s::ManifestSet set;
  std::vector<Json> known, asked;
  for (StageManifests& stage : stages) {
    std::vector<k8s::Manifest> schedules;
    for (const k8s::Manifest& each : stage.set.manifests) {
      if (each.kind != "CronJob") continue;
      known.push_back(each.object);
      if (is_asked_for(names, each.object)) schedules.push_back(each);
    }
    if (schedules.empty()) continue;
    for (const k8s::Manifest& each : stage.set.manifests)
      if (is_for_jobs(each)) set.manifests.push_back(each);
    for (k8s::Manifest& each : schedules) asked.push_back(each.object), set.manifests.push_back(std::move(each));
  }
  for (const std::string& name : names)
    if (std::none_of(asked.begin(), asked.end(), [&](const Json& each) { return is_asked_for({name}, each); }))
      return no_schedule(name, "the pipeline " + pipeline.pipeline.name, known);
  if (asked.empty())
    return config_error("no job of the pipeline " + pipeline.pipeline.name + " has a schedule")
        .with_hint("add one: target.kubernetes.jobs.predict: {args: [...], cron: \"0 3 * * *\"}");

  const bool dry_run = session.arguments().has("--dry-run");
  if (!dry_run) {
    TRY_ASSIGN(auto cluster, cluster_asked_for(session));
    TRY(apply_quietly(session, cluster, set));
  }
  Answer answer(Json{{"applied", !dry_run}, {"schedules", Json::array()}});
  for (const Json& each : asked) {
    const std::string schedule = text_at(at(each, "spec", "schedule")), zone = text_at(at(each, "spec", "timeZone"));
    TRY_ASSIGN(const auto next, k8s::next_times(schedule, zone, session.env().clock.now(), 3));
    answer.value["schedules"].push_back({{"namespace", at(each, "metadata", "namespace")},
                                         {"schedule", at(each, "metadata", "name")},
                                         {"work", work_of(each)},
                                         {"cron", schedule},
                                         {"time_zone", zone.empty() ? Json() : Json(zone)},
                                         {"next", times_json(next)}});
    answer.line(work_of(each) + ": " + schedule + (zone.empty() ? " by the cluster's clock" : " in " + zone) +
                "; a run that is still under way is never joined by another");
    for (const TimePoint time : next) answer.line("  " + k8s::local_text(time, zone));
    if (next.empty()) answer.line("  never within five years", Style::yellow);
  }
  return answer;
}

Result<Answer> cmd_schedule_status(Session& session) {
  TRY_ASSIGN(const bool here, asks_for_here(session));
  if (here) return local_schedule_status(session);
  const auto names = session.arguments().positional_values("NAME");
  TRY_ASSIGN(const auto spaces, namespaces_asked_for(session));
  TRY_ASSIGN(auto missing, declared_schedules(session));
  TRY_ASSIGN(auto cluster, cluster_asked_for(session));
  TRY_ASSIGN(const auto cron_jobs, cron_jobs_asked_for(cluster, spaces));
  std::erase_if(missing, [&](const Json& each) {
    return std::any_of(cron_jobs.begin(), cron_jobs.end(), [&](const Json& there) {
      return at(there, "metadata", "name") == at(each, "metadata", "name") && at(there, "metadata", "namespace") == at(each, "metadata", "namespace");
    });
  });
  for (const std::string& name : names) {
    const auto is_it = [&](const Json& each) { return is_asked_for({name}, each); };
    if (std::none_of(cron_jobs.begin(), cron_jobs.end(), is_it) && std::none_of(missing.begin(), missing.end(), is_it))
      return no_schedule(name, spaces.front(), cron_jobs);
  }
  Answer answer(Json{{"well", true}, {"schedules", Json::array()}});
  for (const std::string& space : spaces) {
    TRY_ASSIGN(const auto jobs, k8s::list_jobs(cluster, space));
    TRY_ASSIGN(const auto now, k8s::server_time(cluster, space));
    for (const Json& each : cron_jobs) {
      if (at(each, "metadata", "namespace") != space || !is_asked_for(names, each)) continue;
      const auto state = k8s::judge_schedule(each, jobs, now);
      if (!state.well()) answer.exit_code = 1, answer.value["well"] = false;
      answer.value["schedules"].push_back(schedule_row(space, state));
    }
  }
  for (const Json& each : missing) {
    if (!is_asked_for(names, each)) continue;
    answer.exit_code = 1, answer.value["well"] = false;
    k8s::ScheduleState state;
    state.health = k8s::ScheduleState::Health::missing;
    state.name = text_at(at(each, "metadata", "name")), state.work = work_of(each);
    state.schedule = text_at(at(each, "spec", "schedule")), state.time_zone = text_at(at(each, "spec", "timeZone"));
    state.why = "the pipeline has it and the cluster has not; `mlopsctl schedule apply` brings it there";
    answer.value["schedules"].push_back(schedule_row(at(each, "metadata", "namespace"), state));
  }
  if (answer.value["schedules"].empty()) return std::move(answer.line("there is no schedule of ours in " + spaces.front()));
  show_schedules(answer);
  return answer;
}

Result<Answer> cmd_schedule_fire(Session& session) {
  const std::string name = session.arguments().positional("NAME");
  TRY_ASSIGN(const auto spaces, namespaces_asked_for(session));
  TRY_ASSIGN(auto cluster, cluster_asked_for(session));
  TRY_ASSIGN(const auto cron_jobs, cron_jobs_asked_for(cluster, spaces));
  for (const Json& each : cron_jobs)
    if (is_asked_for({name}, each)) return start_and_watch(session, cluster, each);
  return no_schedule(name, spaces.front(), cron_jobs);
}

}  // namespace mlopsctl::cli
