#include "stages/evaluate/gate.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/list_of.hpp"
#include "pipeline/base/plural.hpp"
#include "pipeline/base/shown.hpp"

namespace mlopsctl::evaluate {
namespace {

using engine::Check;
using engine::Outcome;

constexpr double bound_confidence = 0.95;

Result<Measured> lookup(const Candidate& candidate, const std::string& metric, const char* who) {
  Measured measured{};
  if (!find_metric(candidate.metrics, candidate.labels, metric, measured)) {
    return stage_error("the gate names " + metric + ", but the " + who + " has no such label; its labels: " + list_of(candidate.labels));
  }
  if (!std::isfinite(measured.value))
    return stage_error("the gate needs " + metric + " of the " + who + ", which is undefined on these rows").with_hint("judge on rows that hold every label");
  return measured;
}

// Of accuracy by its formula, of others by resampling where that is at hand.
std::optional<stats::Interval> interval_of(const Rule& rule, const Candidate& challenger, const Resampling& resampling) {
  if (rule.metric == "accuracy") return accuracy_interval(challenger.metrics, bound_confidence);
  if (resampling.own) return resampling.own(rule.metric, bound_confidence);
  return std::nullopt;
}

Check bound(const Rule& rule, double measured, double threshold, bool upper, const std::optional<stats::Interval>& interval, int64_t rows) {
  Check check;
  check.name = rule.metric + (upper ? " <= " : " >= ") + brief(threshold);
  check.outcome = (upper ? measured <= threshold : measured >= threshold) ? Outcome::pass : Outcome::fail;
  check.measured = measured;
  check.threshold = threshold;
  check.detail = rule.metric + " is " + shown(measured) + " on " + count_of(rows, "row");
  if (interval) check.detail += " (95 % interval " + shown(interval->low) + " to " + shown(interval->high) + ")";
  check.detail += std::string(", the ") + (upper ? "ceiling " : "floor ") + brief(threshold);
  check.evidence = {{"test", "comparison"},
                    {"estimate", measured},
                    {"interval", interval ? Json{interval->low, interval->high} : Json()},
                    {"confidence", bound_confidence},
                    {"p", nullptr},
                    {"alpha", nullptr},
                    {"rows", rows},
                    {"power", nullptr}};
  return check;
}

// The ceiling of a calibration error, beside what chance alone makes of it.
void beside_chance(Check& check, const CalibrationNull& null, double alpha) {
  if (check.outcome == Outcome::fail && null.p > alpha) check.outcome = Outcome::inconclusive;
  check.detail += "; a perfectly calibrated model shows " + shown(null.expected) + " on so many rows, 95 of 100 less than " + shown(null.upper) +
                  " (simulated, p = " + shown(null.p) + ", alpha " + brief(alpha) + ")";
  if (check.outcome == Outcome::inconclusive) check.detail += ": too few rows to tell";
  check.evidence.update({{"test", "simulation of a calibrated model"}, {"p", null.p}, {"alpha", alpha}, {"if_calibrated", to_json(null)}});
}

}  // namespace

spec::Field gate_field() {
  using spec::boolean, spec::choice, spec::map, spec::number, spec::object, spec::optional, spec::with_default;
  return with_default(
      "gate",
      map(object({
          optional("min", number({}, {}, "0.83"), "Least value that passes."),
          optional("max", number({}, {}, "0.5"), "Largest value that passes."),
          optional("no_worse_than", choice({"champion"}), "Passes where the rows show a loss below `margin`, fails where they show a larger one."),
          optional("better_than", choice({"champion"}), "Passes where the rows show a gain above `min_gain`, fails where they show that there is none."),
          with_default("margin", number(0, {}, "0.01"), 0.01, "The loss against the champion that is too much."),
          with_default("min_gain", number(0, {}, "0.01"), 0.0, "The gain over the champion that is too little."),
          with_default("alpha", number(1e-6, 0.5, "0.05"), 0.05, "Chance of a pass, or of a fail, that is not deserved; between the two lies inconclusive."),
          optional(
              "repeated", boolean(),
              "Of accuracy: the same two models are judged again and again, while labelled rows come to those before; alpha then holds for all those looks "
              "together. Give it all rows so far each time, not the newest alone."),
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
    rule.no_worse = value["no_worse_than"].is_string();
    rule.better = value["better_than"].is_string();
    rule.margin = value["margin"].get<double>();
    rule.min_gain = value["min_gain"].get<double>();
    rule.alpha = value["alpha"].get<double>();
    rule.repeated = value.value("repeated", Json()) == true;
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
      const auto near = nearest(rule.metric, names);
      add(field, "unknown metric \"" + rule.metric + "\"",
          near ? "did you mean " + *near + "?" : "known: " + list_of(names) + "; per class: precision, recall, f1, roc_auc.<label>");
    }
    const bool contest = rule.no_worse || rule.better;
    if (!rule.min && !rule.max && !contest) add(field, "asks for nothing", "give it min, max, no_worse_than: champion or better_than: champion");
    if (rule.min && rule.max && *rule.min > *rule.max) add(field + ".min", "min " + brief(*rule.min) + " is above max " + brief(*rule.max), "exchange them");
    if (rule.repeated && (rule.metric != "accuracy" || !contest))
      add(field + ".repeated",
          rule.metric != "accuracy" ? "only of accuracy is there a test that bears repeated looks" : "there is no comparison that is repeated",
          rule.metric != "accuracy" ? "compare accuracy so, and judge " + rule.metric + " once, when the rows are complete"
                                    : "it goes with no_worse_than: champion or better_than: champion");
    // Every metric that is better when higher ends at 1.
    if (const auto known = std::find_if(metric_names().begin(), metric_names().end(), [&](const MetricName& each) { return each.name == rule.metric; });
        rule.min && *rule.min > 1 && is_metric_name(rule.metric) && (known == metric_names().end() || known->higher_is_better))
      add(field + ".min", rule.metric + " is 1 at most, so min " + brief(*rule.min) + " can never pass",
          *rule.min >= 2 && *rule.min <= 100 ? "write a share: " + brief(*rule.min / 100) : "write a share such as 0.83");
    if (contest && !has_champion)
      add(field + (rule.no_worse ? ".no_worse_than" : ".better_than"), "there is no champion to compare with", "name one: champion: <stage, alias or path>");
  }
  return faults;
}

Result<engine::Verdict> judge(const std::vector<Rule>& rules, const Candidate& challenger, const std::optional<Candidate>& champion,
                              const std::optional<Comparison>& comparison, const Resampling& resampling) {
  engine::Verdict verdict;
  for (const Rule& rule : rules) {
    TRY_ASSIGN(const Measured measured, lookup(challenger, rule.metric, "challenger"));
    std::string line = rule.metric + " " + shown(measured.value);
    const auto interval = rule.min || rule.max ? interval_of(rule, challenger, resampling) : std::nullopt;
    const int64_t rows = challenger.metrics.rows;
    if (rule.min) verdict.checks.push_back(bound(rule, measured.value, *rule.min, false, interval, rows)), line += ", floor " + brief(*rule.min);
    if (rule.max) {
      verdict.checks.push_back(bound(rule, measured.value, *rule.max, true, interval, rows)), line += ", ceiling " + brief(*rule.max);
      if (rule.metric == "ece" && resampling.calibration) beside_chance(verdict.checks.back(), resampling.calibration(), rule.alpha);
    }
    if ((rule.no_worse || rule.better) && champion && comparison) {
      TRY_ASSIGN(const Measured reference, lookup(*champion, rule.metric, "champion"));
      Contest contest{rule.metric, measured.value, reference.value, measured.higher_is_better, false, rule.margin, rule.alpha, rule.repeated};
      if (rule.no_worse) verdict.checks.push_back(judge_contest(contest, *comparison, resampling.difference));
      contest.ask_better = true;
      contest.margin = rule.min_gain;
      if (rule.better) verdict.checks.push_back(judge_contest(contest, *comparison, resampling.difference));
      line += ", champion " + shown(reference.value);
    }
    verdict.summary += (verdict.summary.empty() ? "" : "; ") + line;
  }
  verdict.outcome = engine::worst(verdict.checks);
  if (rules.empty()) verdict.summary = "accuracy " + shown(challenger.metrics.accuracy) + ", no gate";
  return verdict;
}

}  // namespace mlopsctl::evaluate
