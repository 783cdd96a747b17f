#include "cli/promotion.hpp"

#include <algorithm>

#include "cli/decisions.hpp"
#include "cli/deployment.hpp"
#include "pipeline/git/provenance.hpp"
#include "pipeline/k8s/rollout/manifests.hpp"

namespace mlopsctl::cli {

namespace {

void tell(Session& session, const std::string& sentence) {
  if (!session.json()) session.say(sentence);
}

}  // namespace

k8s::DeployOptions deploy_options(Session& session) {
  k8s::DeployOptions options;
  options.holder = our_name(session);
  options.origin.who = options.holder.substr(0, options.holder.find(','));
  options.origin.commit = git::provenance_of(session.project()).commit;
  options.found = [&session](const k8s::Finding& finding) {
    if (finding.level == k8s::Finding::Level::note) tell(session, "note: " + (finding.object.empty() ? "" : finding.object + ": ") + finding.message);
  };
  options.applied = [&session](const k8s::Applied& applied) { tell(session, std::string(k8s::to_string(applied.what)) + " " + applied.object); };
  options.moved = [&session](const std::string& object, const k8s::Progress& progress) { tell(session, object + ": " + progress.text()); };
  options.trouble = [&session](const std::string& object, const k8s::Trouble& trouble, const std::string& log) { say_trouble(session, object, trouble, log); };
  options.waiting = [&session](const std::string& holder) { tell(session, "waiting to see whether " + holder + " is still at work"); };
  options.promoting = [&session](const std::string& sentence) { tell(session, sentence); };
  return options;
}

k8s::DriveOptions drive_options(Session& session, k8s::DeployOptions options) {
  k8s::DriveOptions how;
  how.say = std::move(options.promoting);
  how.trouble = std::move(options.trouble);
  if (session.arguments().has("--timeout")) how.timeout = std::chrono::seconds(session.arguments().integer("--timeout"));
  return how;
}

std::string record_about(const k8s::ManifestSet& manifests) {
  const auto deployment = std::find_if(manifests.manifests.begin(), manifests.manifests.end(), [](const auto& each) { return each.kind == "Deployment"; });
  const auto records = decision::Ledger(project_state).all();
  if (!records || deployment == manifests.manifests.end()) return {};
  const std::string model = k8s::model_of(deployment->object);
  for (const decision::Record& record : *records)
    if (record.text("model") == model) return std::filesystem::path(record.origin).stem().string();
  return {};
}

Json summary_of(const k8s::Rollout& rollout) {
  return {{"id", rollout.id},
          {"who", rollout.who},
          {"began", rollout.began},
          {"commit", rollout.commit.empty() ? Json() : Json(rollout.commit)},
          {"strategy", k8s::to_string(rollout.strategy)},
          {"phase", k8s::to_string(rollout.phase)},
          {"step", rollout.step},
          {"steps", rollout.steps.size()},
          {"paused", rollout.paused},
          {"reason", rollout.reason.empty() ? Json() : Json(rollout.reason)},
          {"from", k8s::model_of(rollout.before)},
          {"to", k8s::model_of(rollout.target)},
          {"verdicts", rollout.passed}};
}

void tell_end(const k8s::Rollout& rollout, Answer& answer) {
  answer.value["rollout"] = summary_of(rollout);
  const std::string name = rollout.name(), to = k8s::model_of(rollout.target).substr(0, 19);
  if (rollout.phase == k8s::Rollout::Phase::promoted) {
    answer.line(name + " serves " + (to.empty() ? "the new release" : to), Style::green);
  } else if (rollout.phase == k8s::Rollout::Phase::aborted) {
    answer.line("undone, " + name + " is as before: " + rollout.reason, Style::red);
    answer.exit_code = 1;
  } else {
    answer.line(rollout.text(), Style::yellow);
    answer.line("go on with it or undo it: mlopsctl rollout resume|abort " + name);
    answer.exit_code = exit_code(ErrorKind::timeout);
  }
}

}  // namespace mlopsctl::cli
