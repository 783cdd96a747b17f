#include <cmath>

#include "cli/cmds.hpp"
#include "cli/deployment.hpp"
#include "cli/progress_line.hpp"
#include "cli/serving.hpp"
#include "pipeline/base/plural.hpp"
#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/rehearsal/rehearse.hpp"

namespace mlopsctl::cli {

namespace {

Json json_of(const k8s::Scene& scene) {
  return {{"scenario", scene.name},
          {"what", scene.what},
          {"end", k8s::to_string(scene.end)},
          {"why", scene.why.empty() ? Json() : Json(scene.why)},
          {"runs", scene.runs},
          {"least_ready", scene.least},
          {"floor", scene.floor},
          {"requests", scene.requests},
          {"failed", scene.failed},
          {"seconds", scene.seconds},
          {"undo_seconds", scene.undo_seconds ? Json(*scene.undo_seconds) : Json()},
          {"fault", scene.fault.empty() ? Json() : Json(scene.fault)}};
}

// The pipeline's releases without their models being made, or the manifests asked for.
Result<k8s::ManifestSet> releases(Session& session) {
  if (session.arguments().has("--manifests")) return manifests_asked_for(session);
  TRY_ASSIGN(const auto pipeline, session.checked_pipeline());
  TRY_ASSIGN(auto stages, rendered_stages(session, pipeline, session.arguments().positional_values("STAGE"), false));
  k8s::ManifestSet all;
  for (StageManifests& each : stages)
    for (k8s::Manifest& manifest : each.set.manifests) all.manifests.push_back(std::move(manifest));
  return all;
}

}  // namespace

Result<Answer> cmd_rehearse(Session& session) {
  const Arguments& arguments = session.arguments();
  k8s::RehearsalOptions options;
  TRY_ASSIGN(const int64_t rate, number_of(arguments, "--rate", 0, 10'000));
  TRY_ASSIGN(const int64_t start, number_of(arguments, "--start", 0, 3600));
  TRY_ASSIGN(const int64_t seed, number_of(arguments, "--seed", 0, 1'000'000'000));
  options.rate = static_cast<double>(rate);
  options.start = std::chrono::seconds(start);
  options.seed = static_cast<uint64_t>(seed);
  options.cancel = &session.env().cancel;
  TRY_ASSIGN(const auto manifests, releases(session));
  const auto rehearsed = [&] {
    ProgressLine line(session.env().err, session.err_screen(), session.env().clock);
    options.progress = [&](size_t number, size_t of, const std::string& name) {
      line.show(static_cast<double>(number - 1) / static_cast<double>(of), "scenario " + std::to_string(number) + " of " + std::to_string(of) + ": " + name);
    };
    return k8s::rehearse(manifests, options);
  }();
  if (!rehearsed) return rehearsed.error();
  const auto& rehearsals = *rehearsed;
  Answer answer(Json{{"rate", rate}, {"start_seconds", start}, {"seed", seed}, {"releases", Json::array()}, {"scenarios", Json::array()}});
  std::vector<std::string> faults, assumptions;
  for (const k8s::Rehearsal& each : rehearsals) {
    const k8s::Rollout& plan = each.plan;
    const std::string name = plan.name_space() + "/" + plan.name();
    answer.value["releases"].push_back({{"release", name}, {"strategy", k8s::to_string(plan.strategy)}, {"pods", plan.replicas}});
    std::string steps;
    if (plan.strategy == k8s::Strategy::Kind::canary)
      for (const auto& step : plan.steps) steps += (steps.empty() ? " in steps of " : ", ") + std::to_string(std::lround(step.percent)) + " %";
    answer.line(name + ": " + std::string(k8s::to_string(plan.strategy)) + steps + ", " + count_of(plan.replicas, "pod") + "; " + count_of(rate, "request") +
                " a second, pods start in " + std::to_string(start) + " s");
    assumptions.insert(assumptions.end(), each.assumptions.begin(), each.assumptions.end());
    for (const k8s::Scene& scene : each.scenes) {
      Json row = json_of(scene);
      row["release"] = name;
      answer.value["scenarios"].push_back(std::move(row));
      if (!scene.fault.empty()) faults.push_back((rehearsals.size() > 1 ? name + ", " : "") + scene.name + ": " + scene.fault);
    }
  }
  answer.table("scenarios", {{"scenario", "SCENARIO", As::text, true},
                             {"end", "END", As::state},
                             {"least_ready", "LEAST READY", As::integer},
                             {"floor", "FLOOR", As::integer},
                             {"failed", "FAILED", As::integer},
                             {"requests", "REQUESTS", As::integer},
                             {"seconds", "TIME", As::seconds},
                             {"undo_seconds", "UNDO", As::seconds},
                             {"why", "WHY"}});
  answer.value["assumptions"] = assumptions;
  for (const std::string& assumption : assumptions) answer.line("assumed: " + assumption);
  for (const std::string& fault : faults) answer.line(fault, Style::red);
  if (faults.empty()) answer.line("every scenario ends as it should, and never with fewer pods than it must", Style::green);
  answer.exit_code = faults.empty() ? 0 : 1;
  return answer;
}

}  // namespace mlopsctl::cli
