#include "pipeline/k8s/rollout/rollout.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/plural.hpp"
#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/resources.hpp"
#include "pipeline/k8s/rollout/manifests.hpp"

namespace mlopsctl::k8s {

namespace {

using Phase = Rollout::Phase;
using Kind = Strategy::Kind;

constexpr const char* format = "mlopsctl-rollout-1";
constexpr Phase phases[] = {Phase::progressing, Phase::promoting, Phase::promoted, Phase::aborting, Phase::aborted};
constexpr Kind kinds[] = {Kind::rolling, Kind::blue_green, Kind::canary};

std::string whole_percent(double percent) { return std::to_string(std::lround(percent)) + " %"; }

Result<std::vector<Rollout::Step>> canary_steps(const Strategy& strategy, int64_t replicas, bool autoscaled) {
  std::vector<Rollout::Step> steps;
  for (const int percent : strategy.percentages) {
    if (percent >= 100) break;
    Rollout::Step step;
    if (autoscaled) {
      // The stable pods stay as many as the load needs: so many candidates beside them come nearest.
      step.candidate = std::max<int64_t>(1, std::lround(static_cast<double>(replicas) * percent / (100 - percent)));
      step.percent = 100.0 * static_cast<double>(step.candidate) / static_cast<double>(replicas + step.candidate);
    } else {
      if (!can_express(static_cast<int>(replicas), percent))
        return config_error(std::to_string(percent) + " % of the requests cannot be expressed by " + count_of(replicas, "pod") + ": they can express " +
                            expressible_text(static_cast<int>(replicas)))
            .with_hint("choose among these percentages, or have more replicas");
      step.candidate = std::lround(static_cast<double>(replicas) * percent / 100);
      step.stable = replicas - step.candidate;
      step.percent = 100.0 * static_cast<double>(step.candidate) / static_cast<double>(replicas);
    }
    steps.push_back(step);
  }
  return steps;
}

}  // namespace

std::string Rollout::name() const { return text_at(at(target, "metadata", "name")); }
std::string Rollout::name_space() const { return text_at(at(target, "metadata", "namespace")); }

std::string Rollout::text() const {
  switch (phase) {
    case Phase::progressing: {
      const Step& now = steps.at(step);
      std::string text = std::string(to_string(strategy)) + ", step " + std::to_string(step + 1) + " of " + std::to_string(steps.size()) + ": " +
                         whole_percent(now.percent) + " of the requests (" + count_of(now.candidate, "new pod");
      if (now.stable) text += ", " + count_of(*now.stable, "old one") + ")";
      else text += ")";
      if (!paused) return text;
      return text + (reason.starts_with("paused") ? "; " : "; paused: ") + reason;
    }
    case Phase::promoting:
      return std::string(to_string(strategy)) + ": all pods take over the new model" + (paused ? "; " + reason : "");
    case Phase::promoted:
      return "promoted";
    case Phase::aborting:
      return "going back to what was before: " + reason;
    case Phase::aborted:
      return "aborted, all is as before: " + reason;
  }
  return "";
}

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::progressing:
      return "progressing";
    case Phase::promoting:
      return "promoting";
    case Phase::promoted:
      return "promoted";
    case Phase::aborting:
      return "aborting";
    case Phase::aborted:
      return "aborted";
  }
  return "";
}

std::string_view to_string(Kind kind) { return kind == Kind::rolling ? "rolling" : kind == Kind::blue_green ? "blue-green" : "canary"; }

Json to_json(const Rollout& rollout) {
  Json steps = Json::array();
  for (const auto& step : rollout.steps)
    steps.push_back({{"candidate", step.candidate}, {"stable", step.stable ? Json(*step.stable) : Json()}, {"percent", step.percent}});
  return {{"format", format},
          {"id", rollout.id},
          {"strategy", to_string(rollout.strategy)},
          {"steps", std::move(steps)},
          {"gates", to_json(rollout.gates)},
          {"replicas", rollout.replicas},
          {"autoscaled", rollout.autoscaled},
          {"before", rollout.before},
          {"target", rollout.target},
          {"service", rollout.service},
          {"who", rollout.who},
          {"commit", rollout.commit},
          {"record", rollout.record},
          {"began", rollout.began},
          {"phase", to_string(rollout.phase)},
          {"step", rollout.step},
          {"paused", rollout.paused},
          {"reason", rollout.reason},
          {"passed", rollout.passed}};
}

Result<Rollout> read_rollout(const Json& journal) {
  const auto unreadable = [](const std::string& what) {
    return cluster_error("the journal of the promotion cannot be read: " + what).with_hint("use the mlopsctl that began it, or one that is newer");
  };
  if (at(journal, "format") != format) return unreadable("found the format " + canonical(at(journal, "format")) + ", expected " + canonical(Json(format)));
  Rollout rollout;
  const auto phase = std::find_if(std::begin(phases), std::end(phases), [&](Phase each) { return at(journal, "phase") == to_string(each); });
  const auto kind = std::find_if(std::begin(kinds), std::end(kinds), [&](Kind each) { return at(journal, "strategy") == to_string(each); });
  if (phase == std::end(phases)) return unreadable("there is no phase " + canonical(at(journal, "phase")));
  if (kind == std::end(kinds)) return unreadable("there is no strategy " + canonical(at(journal, "strategy")));
  rollout.phase = *phase;
  rollout.strategy = *kind;
  for (const Json& step : at(journal, "steps")) {
    Rollout::Step read{number_at(at(step, "candidate")), std::nullopt, at(step, "percent").is_number() ? at(step, "percent").get<double>() : 0};
    if (at(step, "stable").is_number()) read.stable = number_at(at(step, "stable"));
    rollout.steps.push_back(read);
  }
  rollout.step = static_cast<size_t>(std::max<int64_t>(0, number_at(at(journal, "step"))));
  if (rollout.phase == Phase::progressing && rollout.step >= rollout.steps.size()) return unreadable("there is no step " + std::to_string(rollout.step));
  rollout.gates = read_gates(at(journal, "gates"));
  rollout.replicas = number_at(at(journal, "replicas"));
  rollout.autoscaled = at(journal, "autoscaled") == true;
  rollout.before = at(journal, "before");
  rollout.target = at(journal, "target");
  rollout.service = at(journal, "service");
  if (!rollout.before.is_object() || !rollout.target.is_object() || rollout.name().empty()) return unreadable("it lacks a Deployment");
  rollout.id = text_at(at(journal, "id"));
  rollout.who = text_at(at(journal, "who"));
  rollout.commit = text_at(at(journal, "commit"));
  rollout.record = text_at(at(journal, "record"));
  rollout.began = text_at(at(journal, "began"));
  rollout.paused = at(journal, "paused") == true;
  rollout.reason = text_at(at(journal, "reason"));
  for (const Json& verdict : at(journal, "passed")) rollout.passed.push_back(text_at(verdict));
  return rollout;
}

Result<Strategy> read_strategy(const std::string& text) {
  if (text == "rolling") return Strategy{Kind::rolling, {}};
  if (text == "blue-green") return Strategy{Kind::blue_green, {}};
  const Json json = Json::parse(text, nullptr, false);
  Strategy strategy{Kind::canary, {}};
  for (const Json& percent : at(json, "canary"))
    if (percent.is_number_integer()) strategy.percentages.push_back(percent.get<int>());
  if (strategy.percentages.empty() || !std::is_sorted(strategy.percentages.begin(), strategy.percentages.end()) || strategy.percentages.front() < 1)
    return config_error("mlopsctl/strategy: expected rolling, blue-green or {\"canary\":[10,50,100]}, got " + text);
  return strategy;
}

std::string text_of(const Strategy& strategy) {
  return strategy.kind == Kind::canary ? canonical({{"canary", strategy.percentages}}) : std::string(to_string(strategy.kind));
}

Result<Rollout> plan_rollout(Json before, Json target, Json service, const Plan& plan) {
  Rollout rollout;
  rollout.strategy = plan.strategy.kind;
  rollout.gates = plan.gates;
  const Json& wanted = at(target, "spec", "replicas");
  rollout.autoscaled = !wanted.is_number();
  rollout.replicas = rollout.autoscaled ? plan.live : std::min(plan.live, number_at(wanted));
  if (plan.strategy.kind != Kind::rolling) {
    const std::string what = "a " + std::string(to_string(plan.strategy.kind)) + " promotion";
    if (!can_have_candidate(target))
      return config_error(what + " needs the label app.kubernetes.io/name in the Deployment's selector").with_hint("use the manifests of `mlopsctl render`");
    if (!service.is_object()) return config_error(what + " needs a Service of the Deployment's name").with_hint("use the manifests of `mlopsctl render`");
  }
  if (plan.strategy.kind == Kind::canary) {
    const int64_t pods = rollout.autoscaled ? plan.live : number_at(wanted);
    TRY_ASSIGN(rollout.steps, canary_steps(plan.strategy, pods, rollout.autoscaled));
  }
  if (plan.strategy.kind == Kind::blue_green) {
    const int64_t pods = std::max<int64_t>(1, rollout.autoscaled ? plan.live : number_at(wanted));
    rollout.steps.push_back({pods, rollout.autoscaled ? std::nullopt : std::optional(number_at(at(before, "spec", "replicas"), plan.live)), 100});
  }
  rollout.phase = rollout.steps.empty() ? Phase::promoting : Phase::progressing;
  rollout.before = std::move(before);
  rollout.target = std::move(target);
  rollout.service = std::move(service);
  return rollout;
}

}  // namespace mlopsctl::k8s
