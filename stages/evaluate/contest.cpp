#include "stages/evaluate/contest.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "pipeline/base/plural.hpp"
#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/paired.hpp"

namespace mlopsctl::evaluate {
namespace {

using engine::Check;
using engine::Outcome;

constexpr double wanted_power = 0.8;

std::string shown(double value, const char* format = "%.4f") {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}
// Two digits, so that nobody takes it for more than it is.
int64_t rounded(double rows) {
  const double unit = std::pow(10, std::max(0.0, std::floor(std::log10(std::max(1.0, rows))) - 1));
  return static_cast<int64_t>(std::ceil(rows / unit) * unit);
}

struct Finding {
  std::string test;
  double gain = 0, error = 0;  // and its standard error
  stats::Interval interval;    // of the gain, two-sided at 1 - 2 alpha
  std::optional<double> p;     // of data like these if the claim were not so
  bool shown = false, refuted = false;
};

Finding by_accuracy(const Contest& contest, const Comparison& comparison, double border) {
  Finding found;
  const int64_t wins = comparison.only_challenger, losses = comparison.only_champion;
  const double n = static_cast<double>(comparison.rows), discordant = static_cast<double>(wins + losses) / n;
  found.gain = comparison.difference;
  found.error = std::sqrt(std::max(0.0, discordant - found.gain * found.gain) / n);
  found.interval = stats::tango(wins, losses, comparison.rows, 1 - 2 * contest.alpha);
  double refuting = 1;
  if (border == 0) {
    found.test = "McNemar's exact test";
    found.p = stats::mcnemar_exact(losses, wins).first_worse;
    refuting = stats::mcnemar_exact(wins, losses).first_worse;
  } else {
    found.test = "Tango's score test";
    const double z = stats::tango_z(wins, losses, comparison.rows, border);
    found.p = stats::normal_tail(z);
    refuting = stats::normal_tail(-z);
  }
  found.shown = *found.p <= contest.alpha;
  found.refuted = refuting <= contest.alpha;
  return found;
}

Finding by_resampling(const Contest& contest, double border, const ResampledDifference& resampled) {
  Finding found;
  found.test = "paired bootstrap (BCa)";
  found.gain = contest.challenger - contest.champion;
  found.interval = resampled(contest.metric, 1 - 2 * contest.alpha);
  if (!contest.higher_is_better) {
    found.gain = -found.gain;
    found.interval = {-found.interval.high, -found.interval.low};
  }
  found.error = (found.interval.high - found.interval.low) / (2 * stats::normal_quantile(1 - contest.alpha));
  found.shown = found.interval.low > border;
  found.refuted = found.interval.high < border;
  return found;
}

}  // namespace

engine::Check judge_contest(const Contest& contest, const Comparison& comparison, const ResampledDifference& resampled) {
  const double border = contest.ask_better ? contest.margin : -contest.margin;
  const Finding found = contest.metric == "accuracy" ? by_accuracy(contest, comparison, border) : by_resampling(contest, border, resampled);
  Check check;
  const std::string margin = shown(contest.margin, "%g");
  check.name = contest.metric + (contest.ask_better ? " better than champion" : " no worse than champion") +
               (contest.margin > 0 ? (contest.ask_better ? " by more than " : " by ") + margin + (contest.ask_better ? "" : " or more") : "");
  check.measured = contest.challenger;
  check.threshold = contest.higher_is_better ? contest.champion + border : contest.champion - border;
  check.outcome = found.shown ? Outcome::pass : found.refuted ? Outcome::fail : Outcome::inconclusive;

  const double beyond = found.gain - border;
  // The chance to show the claim on so many rows: of "no worse" when the models are equal; of "better" when the gain is the one measured.
  const double power = stats::normal_power((contest.ask_better ? found.gain : 0) - border, found.error, contest.alpha);
  std::optional<int64_t> more;
  if (check.outcome == Outcome::inconclusive && beyond != 0 && found.error > 0) {
    const double factor = stats::normal_rows_factor(beyond, found.error, contest.alpha, wanted_power);
    more = rounded(static_cast<double>(comparison.rows) * std::max(0.01, factor - 1));
  }

  const double percent = 100 * (1 - 2 * contest.alpha);
  check.detail = contest.metric + " is " + shown(contest.challenger) + ", the champion's " + shown(contest.champion) + ": a difference of " +
                 shown(found.gain, "%+.4f") + " (" + shown(percent, "%g") + " % interval " + shown(found.interval.low, "%+.4f") + " to " +
                 shown(found.interval.high, "%+.4f") + "); ";
  const std::string by = found.test + (!found.p ? "" : *found.p < 1e-4 ? ", p < 0.0001" : ", p = " + shown(*found.p));
  const std::string loss = "a loss of " + margin + " or more", gain = contest.margin > 0 ? "a gain of more than " + margin : "a gain";
  // To rule out any loss at all is to show a gain.
  const bool about_gain = contest.ask_better || contest.margin == 0;
  if (found.shown) check.detail += (about_gain ? "that shows " + gain : "that rules out " + loss) + " (" + by + ")";
  else if (found.refuted) check.detail += (about_gain ? "that rules out " + gain : "that shows " + loss) + " (" + found.test + ")";
  else {
    check.detail += "these rows " + (about_gain ? "do not show whether there is " + gain : "cannot rule out " + loss) + " (" + by + ", alpha " +
                    shown(contest.alpha, "%g") + ")";
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
                    {"power", power},
                    {"more_rows", more ? Json(*more) : Json()}};
  return check;
}

}  // namespace mlopsctl::evaluate
