#include <cmath>

#include "cli/gate_commands.hpp"
#include "cli/serving.hpp"
#include "pipeline/base/plural.hpp"
#include "pipeline/base/shown.hpp"
#include "pipeline/stats/e_value.hpp"
#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/paired.hpp"

namespace mlopsctl::cli {

namespace {

struct Plan {
  double change, discordant, alpha, power;
  bool gain;      // to show a gain of `change`; else to rule out a loss of it between equal models
  bool repeated;  // at whatever look

  double border() const { return gain ? 0 : -change; }
  double truth() const { return gain ? change : 0; }
};

// To rule out a loss is a question of Tango's exact score test between equal models, answered by the normal approximation.
double error_of(const Plan& plan, int64_t rows) { return stats::difference_error(rows, plan.discordant); }

double power_at(const Plan& plan, int64_t rows) {
  if (plan.repeated) return stats::e_value_power(rows, plan.discordant, plan.border(), plan.truth(), plan.alpha);
  return plan.gain ? stats::mcnemar_power(rows, plan.discordant, plan.change, plan.alpha) : stats::normal_power(plan.change, error_of(plan, rows), plan.alpha);
}
int64_t rows_needed(const Plan& plan) {
  if (plan.repeated) return stats::e_value_rows(plan.discordant, plan.border(), plan.truth(), plan.alpha, plan.power);
  if (plan.gain) return stats::mcnemar_rows(plan.discordant, plan.change, plan.alpha, plan.power);
  return static_cast<int64_t>(std::ceil(stats::normal_rows_factor(plan.change, error_of(plan, 1), plan.alpha, plan.power)));
}
// The change that `rows` rows settle with the power asked for.
double smallest_change(const Plan& plan, int64_t rows) {
  if (plan.repeated)
    return stats::e_value_reach(static_cast<double>(rows), plan.discordant, plan.border(), plan.alpha) +
           stats::normal_quantile(plan.power) * error_of(plan, rows);
  return plan.gain ? stats::mcnemar_smallest_difference(rows, plan.discordant, plan.alpha, plan.power)
                   : stats::normal_reach(error_of(plan, rows), plan.alpha, plan.power);
}

}  // namespace

Result<Answer> cmd_gate_plan(Session& session) {
  const Arguments& arguments = session.arguments();
  if (arguments.has("--gain") == arguments.has("--margin"))
    return usage_error(arguments.has("--gain") ? "--gain and --margin are two questions" : "neither --gain nor --margin says what is to be settled",
                       "`mlopsctl gate plan --gain 0.01` (better_than) or `mlopsctl gate plan --margin 0.01` (no_worse_than)");
  Plan plan{};
  plan.gain = arguments.has("--gain");
  plan.repeated = arguments.has("--repeated");
  TRY_ASSIGN(plan.discordant, share_of(arguments, "--discordant", 0, 1));
  TRY_ASSIGN(plan.change, share_of(arguments, plan.gain ? "--gain" : "--margin", 0, 1));
  TRY_ASSIGN(plan.alpha, share_of(arguments, "--alpha", 0, 0.5));
  TRY_ASSIGN(plan.power, share_of(arguments, "--power", 0, 1));
  if (plan.gain && plan.change > plan.discordant)
    return usage_error("a gain of " + brief(plan.change) + " needs at least that share of discordant rows; --discordant is " + brief(plan.discordant),
                       "say --discordant " + brief(plan.change) + " or more");

  const int64_t needed = rows_needed(plan);
  Json table = Json::array();
  for (const int64_t rows : {200, 500, 1000, 2000, 5000, 10'000, 20'000, 50'000})
    table.push_back({{"rows", rows}, {"power", power_at(plan, rows)}, {"smallest_change", smallest_change(plan, rows)}});
  Answer answer(Json{{"claim", plan.gain ? "better_than" : "no_worse_than"},
                     {"change", plan.change},
                     {"discordant", plan.discordant},
                     {"alpha", plan.alpha},
                     {"power", plan.power},
                     {"test", plan.repeated ? "e-value"
                              : plan.gain   ? "McNemar's exact test"
                                            : "Tango's exact score test"},
                     {"rows_needed", needed},
                     {"by_rows", std::move(table)}});
  const std::string percent = brief(100 * plan.power);
  answer.line("about " + count_of(needed, "labelled row") + (plan.gain ? " show a gain of " : " rule out a loss of ") + brief(plan.change) + " in " + percent +
                  " of 100 cases" + (plan.gain ? "" : ", if the models are equally good") + " (alpha " + brief(plan.alpha) + ", " +
                  answer.value["test"].get<std::string>() + ")",
              Style::bold);
  answer.line("where a share of " + brief(plan.discordant) + " of the rows is right for just one of the two models" +
              (arguments.has("--discordant") ? "" : " (--discordant; an evaluation of yours tells: only_challenger_right and only_champion_right)"));
  answer.table("by_rows", {{"rows", "rows", As::integer},
                           {"power", "chance to tell", As::percent},
                           {"smallest_change", "smallest change told in " + percent + " of 100", As::number}});
  return answer;
}

}  // namespace mlopsctl::cli
