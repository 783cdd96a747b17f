#include "stages/evaluate/gate.hpp"

#include <cmath>
#include <cstdio>

#include "pipeline/base/plural.hpp"

namespace mlopsctl::evaluate {
namespace {

using engine::Check;
using engine::Outcome;

std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", value);
  return text;
}
std::string brief(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

Result<Measured> lookup(const Candidate& candidate, const std::string& metric, const char* who) {
  Measured measured{};
  if (!find_metric(candidate.metrics, candidate.labels, metric, measured)) {
    std::string labels;
    for (const std::string& label : candidate.labels) labels += (labels.empty() ? "" : ", ") + label;
    return stage_error("the gate names " + metric + ", but the " + who + " has no such label; its labels: " + labels);
  }
  if (!std::isfinite(measured.value))
    return stage_error("the gate needs " + metric + " of the " + who + ", which is undefined on these rows").with_hint("judge on rows that hold every label");
  return measured;
}

Check bound(const Rule& rule, double measured, double threshold, bool upper) {
  Check check;
  check.name = rule.metric + (upper ? " <= " : " >= ") + brief(threshold);
  check.outcome = (upper ? measured <= threshold : measured >= threshold) ? Outcome::pass : Outcome::fail;
  check.measured = measured;
  check.threshold = threshold;
  check.detail = rule.metric + " is " + shown(measured) + ", the " + (upper ? "ceiling " : "floor ") + brief(threshold);
  return check;
}

Check against_champion(const Rule& rule, const Measured& challenger, double champion, const Comparison& comparison) {
  Check check;
  check.name = rule.metric + " no worse than champion" + (rule.margin > 0 ? " by more than " + brief(rule.margin) : "");
  check.measured = challenger.value;
  check.threshold = challenger.higher_is_better ? champion - rule.margin : champion + rule.margin;
  const bool passed = challenger.higher_is_better ? challenger.value >= *check.threshold : challenger.value <= *check.threshold;
  check.outcome = passed ? Outcome::pass : Outcome::fail;
  check.detail = rule.metric + " is " + shown(challenger.value) + ", the champion's " + shown(champion);
  if (rule.metric != "accuracy") return check;
  check.detail +=
      "; " + count_of(comparison.only_challenger, "row") + " only the challenger got right, " + std::to_string(comparison.only_champion) + " only the champion";
  if (!passed && comparison.mcnemar.first_worse >= rule.alpha) {
    check.outcome = Outcome::inconclusive;
    check.detail += "; equally good models would differ so with p = " + shown(comparison.mcnemar.first_worse) + ", alpha " + brief(rule.alpha);
  }
  return check;
}

}  // namespace

spec::Field gate_field() {
  using spec::choice, spec::map, spec::number, spec::object, spec::optional, spec::with_default;
  return with_default(
      "gate",
      map(object({
          optional("min", number({}, {}, "0.83"), "Least value that passes."),
          optional("max", number({}, {}, "0.5"), "Largest value that passes."),
          optional("no_worse_than", choice({"champion"}), "Compare with the champion on the same rows."),
          with_default("margin", number(0, {}, "0.005"), 0.0, "How much worse than the champion still passes."),
          with_default("alpha", number(1e-6, 0.5, "0.05"), 0.05, "Accuracy only: a loss that chance explains with at least this probability is inconclusive."),
      })),
      Json::object(), "What must hold, by metric: accuracy, macro_f1, log_loss, recall.<label> and so on; no gate always passes.");
}

std::vector<Rule> rules_of(const Json& gate) {
  std::vector<Rule> rules;
  if (!gate.is_object()) return rules;
  for (const auto& [metric, value] : gate.items()) {
    Rule rule;
    rule.metric = metric;
    if (value["min"].is_number()) rule.min = value["min"].get<double>();
    if (value["max"].is_number()) rule.max = value["max"].get<double>();
    rule.against_champion = value["no_worse_than"].is_string();
    rule.margin = value["margin"].get<double>();
    rule.alpha = value["alpha"].get<double>();
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::vector<Error> check_rules(const std::vector<Rule>& rules, bool has_champion) {
  std::vector<std::string> names;
  for (const MetricName& each : metric_names()) names.push_back(each.name);
  std::vector<Error> faults;
  const auto add = [&](std::string field, std::string message, std::string hint) {
    Error fault = config_error(std::move(message)).with_hint(std::move(hint));
    fault.field = std::move(field);
    faults.push_back(std::move(fault));
  };
  for (const Rule& rule : rules) {
    const std::string field = "gate." + rule.metric;
    if (!is_metric_name(rule.metric)) {
      std::string list;
      for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
      const auto near = nearest(rule.metric, names);
      add(field, "unknown metric \"" + rule.metric + "\"",
          near ? "did you mean " + *near + "?" : "known: " + list + "; per class: precision, recall, f1, roc_auc.<label>");
    }
    if (!rule.min && !rule.max && !rule.against_champion) add(field, "asks for nothing", "give it min, max or no_worse_than: champion");
    if (rule.min && rule.max && *rule.min > *rule.max) add(field + ".min", "min " + brief(*rule.min) + " is above max " + brief(*rule.max), "exchange them");
    // Every metric that is better when higher ends at 1.
    if (const auto known = std::find_if(metric_names().begin(), metric_names().end(), [&](const MetricName& each) { return each.name == rule.metric; });
        rule.min && *rule.min > 1 && is_metric_name(rule.metric) && (known == metric_names().end() || known->higher_is_better))
      add(field + ".min", rule.metric + " is 1 at most, so min " + brief(*rule.min) + " can never pass",
          *rule.min >= 2 && *rule.min <= 100 ? "write a share: " + brief(*rule.min / 100) : "write a share such as 0.83");
    if (rule.against_champion && !has_champion)
      add(field + ".no_worse_than", "there is no champion to compare with", "name one: champion: <stage, alias or path>");
  }
  return faults;
}

Result<engine::Verdict> judge(const std::vector<Rule>& rules, const Candidate& challenger, const std::optional<Candidate>& champion,
                              const std::optional<Comparison>& comparison) {
  engine::Verdict verdict;
  for (const Rule& rule : rules) {
    TRY_ASSIGN(const Measured measured, lookup(challenger, rule.metric, "challenger"));
    std::string line = rule.metric + " " + shown(measured.value);
    if (rule.min) verdict.checks.push_back(bound(rule, measured.value, *rule.min, false)), line += ", floor " + brief(*rule.min);
    if (rule.max) verdict.checks.push_back(bound(rule, measured.value, *rule.max, true)), line += ", ceiling " + brief(*rule.max);
    if (rule.against_champion && champion && comparison) {
      TRY_ASSIGN(const Measured reference, lookup(*champion, rule.metric, "champion"));
      verdict.checks.push_back(against_champion(rule, measured, reference.value, *comparison));
      line += ", champion " + shown(reference.value);
    }
    verdict.summary += (verdict.summary.empty() ? "" : "; ") + line;
  }
  verdict.outcome = engine::worst(verdict.checks);
  if (rules.empty()) verdict.summary = "accuracy " + shown(challenger.metrics.accuracy) + ", no gate";
  return verdict;
}

}  // namespace mlopsctl::evaluate
