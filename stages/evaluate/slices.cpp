#include "stages/evaluate/slices.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "pipeline/base/list_of.hpp"
#include "pipeline/base/plural.hpp"
#include "pipeline/base/shown.hpp"
#include "pipeline/stats/multiple.hpp"
#include "pipeline/stats/non_inferior.hpp"
#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/paired.hpp"
#include "pipeline/stats/proportion.hpp"
#include "stages/train/profile.hpp"

namespace mlopsctl::evaluate {
namespace {

using engine::Check;
using engine::Outcome;

constexpr size_t few_rows = 10;  // values with fewer are one slice together
constexpr double wanted_power = 0.8;

void add_values(const std::string& what, const std::vector<std::string>& values, std::vector<Slice>& slices) {
  std::map<std::string, std::vector<uint32_t>> by_value;
  for (size_t row = 0; row < values.size(); ++row) by_value[values[row]].push_back(static_cast<uint32_t>(row));
  Slice rest{what + ": rare values", {}};
  for (auto& [value, rows] : by_value) {
    if (rows.size() >= few_rows) slices.push_back({what + "=" + value, std::move(rows)});
    else rest.rows.insert(rest.rows.end(), rows.begin(), rows.end());
  }
  if (!rest.rows.empty()) slices.push_back(std::move(rest));
}

void add_lengths(const std::vector<size_t>& lengths, std::vector<Slice>& slices) {
  std::vector<size_t> sorted = lengths;
  std::sort(sorted.begin(), sorted.end());
  size_t from = sorted.empty() ? 0 : sorted.front();
  for (size_t quarter = 1; quarter <= 4 && !sorted.empty(); ++quarter) {
    const size_t to = sorted[(sorted.size() * quarter + 3) / 4 - 1];
    if (to < from) continue;
    Slice slice{"length " + std::to_string(from) + ".." + std::to_string(to), {}};
    for (size_t row = 0; row < lengths.size(); ++row)
      if (lengths[row] >= from && lengths[row] <= to) slice.rows.push_back(static_cast<uint32_t>(row));
    if (!slice.rows.empty()) slices.push_back(std::move(slice));
    from = to + 1;
  }
}

// A check whose p is to be adjusted; "bad" is what it looks like, not yet what is shown.
struct Tested {
  Check check;
  double p = 1;
  bool bad = false;
};

// The chance that it is seen, where it lies, is in no evidence; `detectable` is what is seen in 80 of 100 cases, nothing where nothing is.
Json evidence(const char* test, double estimate, const stats::Interval& interval, const SliceRule& rule, int64_t rows, double p,
              std::optional<double> detectable) {
  return {{"test", test},
          {"estimate", estimate},
          {"interval", {interval.low, interval.high}},
          {"confidence", 1 - 2 * rule.alpha},
          {"p", p},
          {"alpha", rule.alpha},
          {"rows", rows},
          {"detectable_power", wanted_power},
          {"detectable", detectable ? Json(*detectable) : Json()}};
}

std::string between(const stats::Interval& interval, const SliceRule& rule, const char* format) {
  return "(" + brief(100 * (1 - 2 * rule.alpha)) + " % interval " + shown(interval.low, format) + " to " + shown(interval.high, format) + ")";
}

std::string would_be_seen(const std::string& what, std::optional<double> size) {
  return size ? what + " of " + shown(*size) + " would be seen in 80 of 100 cases" : "no " + what.substr(what.find(' ') + 1) + " would be seen on so few rows";
}

Tested floor(const SliceRule& rule, const Slice& slice, int64_t right, double level) {
  const auto rows = static_cast<int64_t>(slice.rows.size());
  const double accuracy = static_cast<double>(right) / static_cast<double>(rows);
  const stats::Interval interval = stats::wilson(right, rows, 1 - 2 * rule.alpha);
  const double below = stats::seen_below(rows, *rule.min, level, wanted_power);
  const std::optional<double> seen = below > 0 ? std::optional(below) : std::nullopt;
  Tested tested;
  tested.p = stats::binomial_at_most(right, rows, *rule.min);
  tested.bad = accuracy < *rule.min;
  tested.check.name = slice.name + ": accuracy >= " + brief(*rule.min);
  tested.check.measured = accuracy;
  tested.check.threshold = rule.min;
  tested.check.detail = "accuracy is " + shown(accuracy) + " on " + count_of(rows, "row") + " with " + slice.name + " " + between(interval, rule, "%.4f") +
                        ", the floor " + brief(*rule.min) + "; " + would_be_seen("an accuracy", seen);
  tested.check.evidence = evidence("exact binomial test", accuracy, interval, rule, rows, tested.p, seen);
  return tested;
}

Tested loss(const SliceRule& rule, const Slice& slice, const Comparison& comparison, double level) {
  const double discordant = stats::likely_discordance(comparison.only_challenger + comparison.only_champion, comparison.rows, *rule.max_loss);
  const stats::Interval interval = stats::tango(comparison.only_challenger, comparison.only_champion, comparison.rows, 1 - 2 * rule.alpha);
  std::optional<double> seen;
  if (*rule.max_loss > 0) seen = *rule.max_loss + stats::normal_reach(stats::difference_error(comparison.rows, discordant), level, wanted_power);
  else if (stats::mcnemar_power(comparison.rows, discordant, discordant, level) >= wanted_power)
    seen = stats::mcnemar_smallest_difference(comparison.rows, discordant, level, wanted_power);
  if (seen && *seen > 1) seen.reset();
  Tested tested;
  tested.p = *rule.max_loss == 0 ? comparison.mcnemar.first_worse
                                 : stats::better_by_more_p(comparison.only_champion, comparison.only_challenger, comparison.rows, *rule.max_loss);
  tested.bad = comparison.difference < -*rule.max_loss;
  tested.check.name = slice.name + ": no worse than champion by more than " + brief(*rule.max_loss);
  tested.check.measured = comparison.difference;
  tested.check.threshold = -*rule.max_loss;
  tested.check.detail = "accuracy differs from the champion's by " + shown(comparison.difference, "%+.4f") + " on " + count_of(comparison.rows, "row") +
                        " with " + slice.name + " " + between(interval, rule, "%+.4f") + "; " + would_be_seen("a loss", seen);
  tested.check.evidence = evidence(*rule.max_loss == 0 ? "McNemar's exact test" : "Tango's exact score test", comparison.difference, interval, rule,
                                   comparison.rows, tested.p, seen);
  return tested;
}

Error at_cut(size_t cut, Error fault) {
  fault.field = "slices.by." + std::to_string(cut);
  return fault;
}

Result<size_t> column_of(const RowsInput& input, const std::string& name, size_t cut) {
  const std::vector<std::string>& kept = input.rows.info().columns;
  const auto found = std::find(kept.begin(), kept.end(), name);
  if (found != kept.end()) return static_cast<size_t>(found - kept.begin());
  const auto near = nearest(name, kept);
  return at_cut(cut, stage_error("slices by the column \"" + name + "\": " + input.origin + " keeps " + (kept.empty() ? "none" : "only " + list_of(kept)))
                         .with_hint(near ? "did you mean " + *near + "?" : "keep it where the data is read: inputs.test.columns: [" + name + "]"));
}

}  // namespace

spec::Field slices_field() {
  using spec::any_of, spec::choice, spec::list, spec::number, spec::object, spec::optional, spec::required, spec::text, spec::with_default;
  return optional(
      "slices",
      object({
          with_default("by",
                       list(any_of({choice({"label", "group", "length"}),
                                    object({required("column", text("airline"), "One of the `columns` of every input that is judged on.")})}),
                            1),
                       Json{"label"},
                       "The parts: of each label, of each value of the input's column `group`, of each quarter of the texts by length, of each value "
                       "of another column: {column: airline}."),
          optional("min", number(0, 1, "0.6"), "Accuracy that no slice may be shown to be below."),
          optional("max_loss", number(0, 1, "0.05"), "Loss of accuracy against the champion that no slice may be shown to exceed."),
          with_default("alpha", number(1e-6, 0.5, "0.05"), 0.05, "Chance of any undeserved refusal by all slices together (Holm)."),
      }),
      "Guard rails for parts of the rows: refused where the rows show a slice to be bad, a warning where too few rows make it look so.");
}

SliceRule slice_rule_of(const Json& slices) {
  SliceRule rule;
  if (!slices.is_object()) return rule;
  for (const Json& cut : slices["by"])
    rule.by.push_back(cut.is_object() ? SliceRule::Cut{cut["column"].get<std::string>(), true} : SliceRule::Cut{cut.get<std::string>()});
  if (slices["min"].is_number()) rule.min = slices["min"].get<double>();
  if (slices["max_loss"].is_number()) rule.max_loss = slices["max_loss"].get<double>();
  rule.alpha = slices["alpha"].get<double>();
  return rule;
}

Result<std::vector<Slice>> slices_of(const SliceRule& rule, const std::vector<RowsInput>& inputs, const std::vector<std::string>& labels) {
  std::vector<Slice> slices;
  for (size_t cut = 0; cut < rule.by.size(); ++cut) {
    const auto& [what, is_column] = rule.by[cut];
    std::vector<std::string> values;
    std::vector<size_t> lengths;
    for (const RowsInput& input : inputs) {
      size_t column = 0;
      if (is_column) { TRY_ASSIGN(column, column_of(input, what, cut)); }
      for (size_t i = 0; i < input.rows.size(); ++i) {
        if (is_column) values.emplace_back(input.rows.column(i, column));
        else if (what == "group") values.emplace_back(input.rows.group(i));
        else if (what == "length") lengths.push_back(train::code_points(input.rows.text(i)));
      }
    }
    if (what == "length" && !is_column) add_lengths(lengths, slices);
    else add_values(what, what == "label" && !is_column ? labels : values, slices);
    if (what == "group" && !is_column && std::all_of(values.begin(), values.end(), [](const std::string& group) { return group.empty(); }))
      return at_cut(cut, stage_error("slices by group: the rows have none").with_hint("name its column where the data is read: inputs.test.group: airline"));
  }
  return slices;
}

std::vector<Check> judge_slices(const SliceRule& rule, const std::vector<Slice>& slices, std::span<const char> challenger_right,
                                std::span<const char> champion_right) {
  const bool against = rule.max_loss && !champion_right.empty();
  const size_t tests = slices.size() * (size_t{rule.min.has_value()} + size_t{against});
  const double level = rule.alpha / static_cast<double>(std::max<size_t>(1, tests));  // the strictest that Holm may ask for
  std::vector<Tested> tested;
  for (const Slice& slice : slices) {
    std::vector<char> ours, theirs;
    for (const uint32_t row : slice.rows) {
      ours.push_back(challenger_right[row]);
      if (against) theirs.push_back(champion_right[row]);
    }
    if (rule.min) tested.push_back(floor(rule, slice, std::count(ours.begin(), ours.end(), 1), level));
    if (against) tested.push_back(loss(rule, slice, compare(ours, theirs), level));
  }
  std::vector<double> p;
  for (const Tested& each : tested) p.push_back(each.p);
  const std::vector<double> adjusted = stats::holm(p);
  std::vector<Check> checks;
  for (size_t i = 0; i < tested.size(); ++i) {
    Check& check = tested[i].check;
    check.outcome = adjusted[i] <= rule.alpha ? Outcome::fail : tested[i].bad ? Outcome::warn : Outcome::pass;
    check.detail += " (" + check.evidence["test"].get<std::string>() + ", p = " + shown(p[i]) + ", " + shown(adjusted[i]) + " of " + count_of(tests, "test") +
                    ", alpha " + brief(rule.alpha) + ")";
    if (check.outcome == Outcome::warn) check.detail += "; too few rows to show it";
    check.evidence["adjusted_p"] = adjusted[i];
    checks.push_back(std::move(check));
  }
  return checks;
}

}  // namespace mlopsctl::evaluate
