#include <algorithm>
#include <map>

#include "cli/cmds.hpp"
#include "cli/jobs.hpp"
#include "pipeline/base/list_of.hpp"
#include "pipeline/k8s/job_status.hpp"

namespace mlopsctl::cli {

namespace {

bool declares(const spec::StageSpec& stage, const std::string& job) { return stage.params.at("target").at("kubernetes").at("jobs").contains(job); }

// The release whose image, settings and volumes the job has.
Result<std::string> release_of(Session& session, const spec::Pipeline& pipeline, const std::string& job, bool with_args) {
  const auto asked = session.arguments().find("--release");
  TRY_ASSIGN(const auto all, deploy_stages(pipeline, asked ? std::vector{*asked} : std::vector<std::string>()));
  std::vector<std::string> releases, declared, jobs;
  for (const spec::StageSpec* stage : all) {
    if (stage->params.at("target").at("kubernetes").is_null())
      return usage_error("the release " + stage->name + " does not go to a cluster", "name another one with --release");
    releases.push_back(stage->name);
    if (declares(*stage, job)) declared.push_back(stage->name);
    for (const auto& [name, unused] : stage->params.at("target").at("kubernetes").at("jobs").items()) jobs.push_back(name);
  }
  if (declared.empty() && with_args) declared = releases;
  if (declared.size() == 1) return declared.front();
  if (declared.size() > 1)
    return usage_error("which release has the job " + job + "? " + list_of(declared) + " could be meant", "say it: --release " + declared.front());
  const auto near = nearest(job, jobs);
  return usage_error("the pipeline " + pipeline.name + " has no job \"" + job + "\"",
                     near ? "did you mean " + *near + "?" : "say what it is to do: mlopsctl job start " + job + " -- predict --model /model --input ...");
}

}  // namespace

Result<Answer> cmd_job_start(Session& session) {
  const Arguments& arguments = session.arguments();
  const std::string name = arguments.positional("NAME");
  deploy::OtherArgs other{name, arguments.positional_values("ARG"), arguments.value("--claim")};
  if (other.args.empty() && arguments.has("--claim"))
    return usage_error("--claim goes with arguments of a job's own", "mlopsctl job start " + name + " --claim " + other.claim + " -- run");
  TRY_ASSIGN(const auto pipeline, session.checked_pipeline());
  TRY_ASSIGN(const auto release, release_of(session, pipeline.pipeline, name, !other.args.empty()));
  TRY_ASSIGN(auto stages, rendered_stages(session, pipeline, {release}, false, other.args.empty() ? std::nullopt : std::optional(other)));
  TRY_ASSIGN(auto cluster, cluster_asked_for(session));
  k8s::ManifestSet needed;
  Json pattern;
  for (k8s::Manifest& each : stages.front().set.manifests) {
    if ((each.kind == "Job" || each.kind == "CronJob") && k8s::work_of(each.object) == name) pattern = each.object;
    if (is_for_jobs(each)) needed.manifests.push_back(std::move(each));
  }
  TRY(apply_quietly(session, cluster, needed));
  return start_and_watch(session, cluster, pattern);
}

Result<Answer> cmd_job_list(Session& session) {
  TRY_ASSIGN(const auto spaces, namespaces_asked_for(session));
  TRY_ASSIGN(auto cluster, cluster_asked_for(session));
  Answer answer(Json{{"jobs", Json::array()}});
  for (const std::string& space : spaces) {
    TRY_ASSIGN(auto jobs, k8s::list_jobs(cluster, space));
    std::map<std::string, std::vector<k8s::SeenPod>> pods;  // by the uid of their Job
    TRY_ASSIGN(const auto version, k8s::list(cluster, k8s::resources::pods, {space, k8s::job_selector, ""}, [&](Json& pod) {
                 pods[k8s::text_at(k8s::at(k8s::at(pod, "metadata", "labels"), "batch.kubernetes.io/controller-uid"))].push_back({std::move(pod), {}});
               }));
    static_cast<void>(version);
    for (Json& job : jobs) {
      const Json &metadata = k8s::at(job, "metadata"), &status = k8s::at(job, "status");
      const auto progress = k8s::judge_job({job, {}, pods[k8s::text_at(k8s::at(metadata, "uid"))]});
      const std::string started = k8s::text_at(k8s::at(status, "startTime"), k8s::text_at(k8s::at(metadata, "creationTimestamp")));
      const Json& ended =
          k8s::at(progress.phase == k8s::JobProgress::Phase::failed ? k8s::condition(job, "Failed") : k8s::condition(job, "Complete"), "lastTransitionTime");
      const auto from = from_rfc3339(started), until = from_rfc3339(k8s::text_at(ended));
      answer.value["jobs"].push_back({{"namespace", space},
                                      {"job", k8s::at(metadata, "name")},
                                      {"work", k8s::work_of(job)},
                                      {"state", k8s::to_string(progress.phase)},
                                      {"exit_code", progress.exit_code ? Json(*progress.exit_code) : Json()},
                                      {"started", started},
                                      {"seconds", from && until ? Json(std::chrono::duration<double>(*until - *from).count()) : Json()},
                                      {"reason", progress.reason.empty() ? Json() : Json(progress.reason)}});
    }
  }
  if (answer.value["jobs"].empty()) return std::move(answer.line("there is no Job of ours in " + spaces.front()));
  answer.table("jobs", {{"namespace", "NAMESPACE"},
                        {"job", "JOB", As::text, true},
                        {"state", "STATE", As::state},
                        {"started", "STARTED", As::time},
                        {"seconds", "TIME", As::seconds},
                        {"reason", "WHY"}});
  return answer;
}

Result<Answer> cmd_job_logs(Session& session) {
  TRY_ASSIGN(auto cluster, cluster_asked_for(session));
  TRY_ASSIGN(const auto job, job_asked_for(session, cluster));
  if (session.arguments().has("--follow")) return watch_and_tell(session, cluster, job, true);
  TRY_ASSIGN(const auto seen, k8s::observe_job(cluster, job));
  const auto progress = k8s::judge_job(seen);
  std::string log;
  if (!progress.pod.empty()) {
    const Json& containers = k8s::at(seen.pods.back().pod, "spec", "containers");
    k8s::LogOptions now;
    now.follow = false;
    TRY(k8s::follow_log(
        cluster, k8s::ref(k8s::resources::pods, job.name_space, progress.pod), k8s::text_at(k8s::at(containers.at(0), "name")),
        [&](std::string_view bytes) { return log.append(bytes), Status(); }, now));
  }
  Answer answer(Json{{"namespace", job.name_space},
                     {"job", job.name},
                     {"state", k8s::to_string(progress.phase)},
                     {"pod", progress.pod.empty() ? Json() : Json(progress.pod)},
                     {"log", log}});
  if (!session.json()) session.say(job.str() + ": " + progress.text());
  answer.verbatim(log);
  return answer;
}

Result<Answer> cmd_job_cancel(Session& session) {
  TRY_ASSIGN(auto cluster, cluster_asked_for(session));
  TRY_ASSIGN(const auto job, job_asked_for(session, cluster));
  TRY_ASSIGN(const auto there, k8s::get(cluster, job));
  Answer answer(Json{{"namespace", job.name_space}, {"job", job.name}, {"cancelled", false}});
  if (there && k8s::has_ended(*there)) return std::move(answer.line(job.str() + " has ended already: " + k8s::judge_job({*there, {}, {}}).text()));
  TRY_ASSIGN(const bool gone, k8s::cancel_job(cluster, job));
  answer.value["cancelled"] = true;
  answer.line("cancelled " + job.str() + (gone ? "" : "; its pod has not ended yet: its node does not confirm it"));
  return answer;
}

}  // namespace mlopsctl::cli
