#include "stages/evaluate/contest.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/plural.hpp"
#include "pipeline/base/shown.hpp"
#include "pipeline/stats/e_value.hpp"
#include "pipeline/stats/non_inferior.hpp"
#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/paired.hpp"

namespace mlopsctl::evaluate {
namespace {

using engine::Check;
using engine::Outcome;

constexpr double wanted_power = 0.8;
constexpr int64_t most_rows = 100'000'000;  // beyond these nobody is told how many more it takes

// Two digits, so that nobody takes it for more than it is.
int64_t rounded(double rows) {
  const double unit = std::pow(10, std::max(0.0, std::floor(std::log10(std::max(1.0, rows))) - 1));
  return static_cast<int64_t>(std::ceil(rows / unit) * unit);
}

struct Finding {
  std::string test;
  double gain = 0, error = 0;      // and its standard error
  stats::Interval interval;        // of the gain, two-sided at 1 - 2 alpha; of accuracy made only where it is shown
  std::optional<double> p;         // of data like these if the claim were not so
  std::optional<double> refuting;  // and if it were
  struct EValues {
    double claim, contrary;  // logarithms
  };
  std::optional<EValues> e_values;
  bool shown = false, refuted = false;
};

double discordance(const Comparison& comparison) { return stats::likely_discordance(comparison.only_challenger + comparison.only_champion, comparison.rows); }

double e_value(double logarithm) { return std::exp(std::min(logarithm, 690.0)); }  // 1e300, beyond which there is no number

// Counts that weights have made fractions are rounded against the claim they are for.
struct Counts {
  int64_t least, most;
};
Counts counts_of(const std::optional<Comparison::Weighed>& weighed, double Comparison::Weighed::*which, int64_t whole) {
  if (!weighed) return {whole, whole};
  constexpr double noise = 1e-6;
  return {static_cast<int64_t>(std::floor((*weighed).*which + noise)), static_cast<int64_t>(std::ceil((*weighed).*which - noise))};
}

// "300 rows"; of rows with weights also what they are good for.
std::string rows_of(const Comparison& comparison) {
  if (!comparison.weighed) return count_of(comparison.rows, "row");
  return count_of(comparison.weighed->labelled, "row") + " that stand for " + shown(comparison.weighed->stands_for, "%.0f") + " and tell as much as " +
         std::to_string(comparison.rows) + " drawn evenly";
}

Finding by_accuracy(const Contest& contest, const Comparison& comparison, double border) {
  Finding found;
  const int64_t wins = comparison.only_challenger, losses = comparison.only_champion;
  const Counts won = counts_of(comparison.weighed, &Comparison::Weighed::wins, wins),
               lost = counts_of(comparison.weighed, &Comparison::Weighed::losses, losses);
  found.gain = comparison.difference;
  found.error = stats::difference_error(comparison.rows, stats::likely_discordance(wins + losses, comparison.rows, std::abs(border)), found.gain);
  if (border == 0) {
    found.test = "McNemar's exact test";
    found.p = stats::mcnemar_exact(lost.most, won.least).first_worse;
    found.refuting = stats::mcnemar_exact(won.most, lost.least).first_worse;
  } else {
    found.test = "Tango's exact score test";
    found.p = stats::better_by_more_p(won.least, lost.most, comparison.rows, border);
    found.refuting = stats::better_by_more_p(lost.least, won.most, comparison.rows, -border);
  }
  found.shown = *found.p <= contest.alpha;
  found.refuted = *found.refuting <= contest.alpha;
  return found;
}

// p is 1 / e, and holds at every look.
Finding by_e_value(const Contest& contest, const Comparison& comparison, double border) {
  Finding found;
  const auto wins = static_cast<double>(comparison.only_challenger), losses = static_cast<double>(comparison.only_champion);
  const double ties = static_cast<double>(comparison.rows) - wins - losses;
  found.test = "e-value";
  found.gain = comparison.difference;
  found.error = stats::difference_error(comparison.rows, discordance(comparison), found.gain);
  found.e_values = {stats::log_e_value_better(wins, losses, ties, border), stats::log_e_value_better(losses, wins, ties, -border)};
  found.p = std::exp(-std::max(0.0, found.e_values->claim));
  found.refuting = std::exp(-std::max(0.0, found.e_values->contrary));
  found.shown = *found.p <= contest.alpha;
  found.refuted = *found.refuting <= contest.alpha;
  return found;
}

stats::Interval accuracy_gain(const Contest& contest, const Comparison& comparison) {
  const int64_t wins = comparison.only_challenger, losses = comparison.only_champion, ties = comparison.rows - wins - losses;
  if (!contest.repeated) return stats::tango(wins, losses, comparison.rows, 1 - 2 * contest.alpha);
  return stats::anytime_interval(static_cast<double>(wins), static_cast<double>(losses), static_cast<double>(ties), contest.alpha);
}

Finding by_resampling(const Contest& contest, const Comparison& comparison, double border, const ResampledDifference& resampled) {
  Finding found;
  found.test = contest.metric == "ece" ? "bounds by bins" : "paired bootstrap (BCa) and exchange of answers";
  found.gain = contest.challenger - contest.champion;
  found.interval = resampled(contest.metric, 1 - 2 * contest.alpha);
  if (!contest.higher_is_better) {
    found.gain = -found.gain;
    found.interval = {-found.interval.high, -found.interval.low};
  }
  found.error = (found.interval.high - found.interval.low) / (2 * stats::normal_quantile(1 - contest.alpha));
  // Of models that answered alike nothing can be drawn that differs; that they always will is not known: the error of accuracy stands in.
  if (found.error == 0) found.error = stats::difference_error(comparison.rows, stats::likely_discordance(0, comparison.rows, std::abs(border)));
  found.shown = found.interval.low > border;
  found.refuted = found.interval.high < border;
  return found;
}

double border_of(const Contest& contest) { return contest.ask_better ? contest.margin : -contest.margin; }

Finding find(const Contest& contest, const Comparison& comparison, const ResampledDifference& resampled) {
  const double border = border_of(contest);
  if (contest.metric != "accuracy") return by_resampling(contest, comparison, border, resampled);
  return contest.repeated ? by_e_value(contest, comparison, border) : by_accuracy(contest, comparison, border);
}

Outcome outcome_of(const Finding& found) { return found.shown ? Outcome::pass : found.refuted ? Outcome::fail : Outcome::inconclusive; }

// The chance to show the claim on so many rows (of "no worse" when the models are equal, of "better" when the gain is the one measured), and the smallest
// margin of "no worse" or gain of "better" for which it is wanted_power.
struct Sight {
  double power, smallest;
};
Sight sight_of(const Contest& contest, const Comparison& comparison, const Finding& found, double border) {
  const double discordant = discordance(comparison);
  if (contest.repeated) {
    const double smallest =
        stats::e_value_reach(static_cast<double>(comparison.rows), discordant, border, contest.alpha) + stats::normal_quantile(wanted_power) * found.error;
    return {stats::e_value_power(comparison.rows, discordant, border, contest.ask_better ? found.gain : 0, contest.alpha),
            contest.ask_better ? border + smallest : smallest};
  }
  if (contest.metric == "accuracy" && contest.ask_better && border == 0)
    return {stats::mcnemar_power(comparison.rows, discordant, std::clamp(found.gain, 0.0, discordant), contest.alpha),
            stats::mcnemar_smallest_difference(comparison.rows, discordant, contest.alpha, wanted_power)};
  const double reach = stats::normal_reach(found.error, contest.alpha, wanted_power);
  return {stats::normal_power((contest.ask_better ? found.gain : 0) - border, found.error, contest.alpha), contest.ask_better ? border + reach : reach};
}

// How many more rows have that chance to tell, if the gain stays as measured.
double rows_to_come(const Contest& contest, const Comparison& comparison, const Finding& found, double border) {
  if (contest.repeated) {
    const double direction = found.gain > border ? 1 : -1;
    return static_cast<double>(
        stats::e_value_rows(discordance(comparison), direction * border, direction * found.gain, contest.alpha, wanted_power, 2 * most_rows) - comparison.rows);
  }
  const int64_t rows = comparison.weighed ? comparison.weighed->labelled : comparison.rows;
  return static_cast<double>(rows) * (stats::normal_rows_factor(found.gain - border, found.error, contest.alpha, wanted_power) - 1);
}

}  // namespace

engine::Outcome decide_contest(const Contest& contest, const Comparison& comparison, const ResampledDifference& resampled) {
  return outcome_of(find(contest, comparison, resampled));
}

engine::Check judge_contest(const Contest& contest, const Comparison& comparison, const ResampledDifference& resampled) {
  const double border = border_of(contest);
  Finding found = find(contest, comparison, resampled);
  if (contest.metric == "accuracy") found.interval = accuracy_gain(contest, comparison);
  Check check;
  const std::string margin = brief(contest.margin);
  check.name = contest.metric + (contest.ask_better ? " better than champion" : " no worse than champion") +
               (contest.margin > 0 ? (contest.ask_better ? " by more than " : " by ") + margin + (contest.ask_better ? "" : " or more") : "");
  check.measured = contest.challenger;
  check.threshold = contest.higher_is_better ? contest.champion + border : contest.champion - border;
  check.outcome = outcome_of(found);

  const Sight sight = sight_of(contest, comparison, found, border);
  std::optional<int64_t> more;
  if (check.outcome == Outcome::inconclusive && found.gain != border && found.error > 0) {
    const double wanted = std::max(0.01 * static_cast<double>(comparison.rows), rows_to_come(contest, comparison, found, border));
    if (wanted < most_rows) more = rounded(wanted);
  }

  const double percent = 100 * (1 - 2 * contest.alpha);
  check.detail = contest.metric + " is " + shown(contest.challenger) + ", the champion's " + shown(contest.champion) + ": a difference of " +
                 shown(found.gain, "%+.4f") + " (" + brief(percent) + " % interval " + shown(found.interval.low, "%+.4f") + " to " +
                 shown(found.interval.high, "%+.4f") + "); ";
  const bool against = found.refuted && !found.shown;
  const std::optional<double>& p = against ? found.refuting : found.p;
  const std::string by = found.test +
                         (!p               ? ""
                          : found.e_values ? " " + shown(e_value(against ? found.e_values->contrary : found.e_values->claim), "%.3g") + ", at any look " +
                                                 brief(1 / contest.alpha) + " is enough"
                          : *p < 1e-4 ? ", p < 0.0001"
                                      : ", p = " + shown(*p)) +
                         ", alpha " + brief(contest.alpha) + ", " + rows_of(comparison) + ", power " + shown(sight.power, "%.2f");
  const std::string loss = "a loss of " + margin + " or more", gain = contest.margin > 0 ? "a gain of more than " + margin : "a gain";
  // To rule out any loss at all is to show a gain.
  const bool about_gain = contest.ask_better || contest.margin == 0;
  if (found.shown) check.detail += (about_gain ? "that shows " + gain : "that rules out " + loss) + " (" + by + ")";
  else if (found.refuted) check.detail += (about_gain ? "that rules out " + gain : "that shows " + loss) + " (" + by + ")";
  else {
    check.detail += "these rows " + (about_gain ? "do not show whether there is " + gain : "cannot rule out " + loss) + " (" + by + ")";
    if (more) check.detail += "; about " + count_of(*more, "more labelled row") + " would tell, if the difference stays as measured";
  }
  check.evidence = {{"test", found.test},
                    {"gain", found.gain},
                    {"interval", {found.interval.low, found.interval.high}},
                    {"confidence", 1 - 2 * contest.alpha},
                    {"border", border},
                    {"p", found.p ? Json(*found.p) : Json()},
                    {"alpha", contest.alpha},
                    {"rows", comparison.rows},
                    {"power", sight.power},
                    {"detectable", sight.smallest},
                    {"more_rows", more ? Json(*more) : Json()}};
  if (found.e_values)
    check.evidence.update({{"e_value", e_value(found.e_values->claim)},
                           {"e_value_refuting", e_value(found.e_values->contrary)},
                           {"e_value_needed", 1 / contest.alpha},
                           {"discordant", discordance(comparison)}});
  if (comparison.weighed) check.evidence.update({{"labelled_rows", comparison.weighed->labelled}, {"stands_for", comparison.weighed->stands_for}});
  return check;
}

}  // namespace mlopsctl::evaluate
