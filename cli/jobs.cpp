#include "cli/jobs.hpp"

#include "pipeline/base/list_of.hpp"
#include "pipeline/k8s/deploy.hpp"

namespace mlopsctl::cli {

namespace {

void say(Session& session, const std::string& sentence) {
  if (!session.json()) session.say(sentence);
}

std::string command_for(const char* verb, const k8s::ObjectRef& job) {
  return "mlopsctl job " + std::string(verb) + " " + job.name + " --namespace " + job.name_space;
}

Json job_json(const k8s::ObjectRef& job, bool was_there) { return {{"namespace", job.name_space}, {"job", job.name}, {"was_there", was_there}}; }

}  // namespace

bool is_for_jobs(const k8s::Manifest& manifest) { return manifest.kind == "Namespace" || manifest.kind == "ServiceAccount" || manifest.kind == "ConfigMap"; }

Status apply_quietly(Session& session, k8s::Cluster& cluster, const k8s::ManifestSet& set) {
  k8s::DeployOptions options;
  options.holder = our_name(session);
  options.applied = [&](const k8s::Applied& applied) {
    if (applied.what != k8s::Applied::What::unchanged) say(session, std::string(k8s::to_string(applied.what)) + " " + applied.object);
  };
  TRY(k8s::deploy(cluster, set, options));
  return {};
}

Result<Answer> watch_and_tell(Session& session, k8s::Cluster& cluster, const k8s::ObjectRef& job, bool was_there) {
  k8s::WatchJobOptions options;
  options.timeout = std::chrono::seconds(session.arguments().integer("--timeout"));
  options.moved = [&](const k8s::JobProgress& progress) { say(session, job.str() + ": " + progress.text()); };
  options.trouble = [&](const k8s::Trouble& trouble, const std::string& log) { say_trouble(session, job.str(), trouble, log); };
  options.lost = [&](const std::string& why) { say(session, why + "; the Job goes on, and is watched again as soon as the cluster answers"); };
  if (!session.json())
    options.line = [&](std::string_view line) -> Status {
      session.env().out.write(std::string(line) + "\n");
      session.env().out.flush();
      return {};
    };
  const auto start = session.env().clock.steady();
  auto watched = k8s::watch_job(cluster, job, options);
  if (!watched) {
    Error error = std::move(watched).error();
    if (error.hint.empty() && error.message.find(" is gone") == std::string::npos)
      error.hint =
          job.str() + " goes on in the cluster; watch it again: `" + command_for("logs", job) + " --follow`; end it: `" + command_for("cancel", job) + "`";
    return error;
  }
  const double seconds = std::chrono::duration<double>(session.env().clock.steady() - start).count();
  Answer answer(job_json(job, was_there));
  answer.value["state"] = k8s::to_string(watched->phase);
  answer.value["exit_code"] = watched->exit_code ? Json(*watched->exit_code) : Json();
  answer.value["reason"] = watched->reason.empty() ? Json() : Json(watched->reason);
  answer.value["seconds"] = seconds;
  answer.aside = !session.json();
  answer.exit_code = watched->passed_on();
  if (watched->phase == k8s::JobProgress::Phase::done) answer.line(job.str() + " is done, watched for " + human_duration(seconds), Style::green);
  else answer.line(job.str() + " failed: " + watched->reason, Style::red);
  return answer;
}

Result<Answer> start_and_watch(Session& session, k8s::Cluster& cluster, const Json& pattern) {
  TRY_ASSIGN(const auto started, k8s::start_job(cluster, pattern));
  const std::string what = started.was_there ? started.job.str() + " is under way already" : "started " + started.job.str();
  if (!session.arguments().has("--detach")) {
    say(session, what);
    return watch_and_tell(session, cluster, started.job, started.was_there);
  }
  Answer answer(job_json(started.job, started.was_there));
  answer.line(what).line("watch it: " + command_for("logs", started.job) + " --follow").line("end it:   " + command_for("cancel", started.job));
  return answer;
}

Result<k8s::ObjectRef> job_asked_for(Session& session, k8s::Cluster& cluster) {
  const std::string name = session.arguments().positional("JOB");
  TRY_ASSIGN(const auto spaces, namespaces_asked_for(session));
  std::vector<std::string> known;
  const Json* newest = nullptr;
  std::vector<std::vector<Json>> lists;
  for (const std::string& space : spaces) {
    TRY_ASSIGN(auto jobs, k8s::list_jobs(cluster, space));
    lists.push_back(std::move(jobs));
  }
  for (const auto& jobs : lists)
    for (const Json& job : jobs) {
      const std::string own = k8s::text_at(k8s::at(job, "metadata", "name"));
      known.push_back(own);
      known.push_back(k8s::work_of(job));
      if (own == name || k8s::work_of(job) == name) newest = &job;
    }
  if (newest != nullptr) return k8s::ref_of(*newest);
  const auto near = nearest(name, known);
  return config_error("there is no Job \"" + name + "\" of ours in " + list_of(spaces))
      .with_hint(near ? "did you mean " + *near + "?" : "`mlopsctl job list` shows them");
}

}  // namespace mlopsctl::cli
