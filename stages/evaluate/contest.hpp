// Challenger against champion on the same rows: is a loss ruled out, is a gain shown, or can these rows not tell? Pure.
//
// gain = how much better the challenger is (of log loss: lower). "No worse" asks to rule out a loss of `margin` or more (non-inferiority), "better" asks
// for a gain of more than `margin`. Each claim is made only where data like these would make it with a chance of alpha at most if it were not so:
// accuracy by McNemar's exact test (at 0) or Tango's score test made exact, every other metric by resampling the rows (resampling.hpp), the calibration error
// by bounds (calibration_bounds.hpp). `repeated`, for accuracy: the same contest is looked at again and again while rows come to those before; each claim is
// then made with a chance of alpha at most over all looks together (stats/e_value.hpp), which takes more rows than one look.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "pipeline/engine/verdict.hpp"
#include "pipeline/stats/proportion.hpp"
#include "stages/evaluate/compare.hpp"

namespace mlopsctl::evaluate {

// The interval of the challenger's metric less the champion's, two-sided at `confidence`, by resampling rows.
using ResampledDifference = std::function<stats::Interval(const std::string& metric, double confidence)>;

struct Contest {
  std::string metric;
  double challenger = 0, champion = 0;
  bool higher_is_better = true;
  bool ask_better = false;  // else: no worse
  double margin = 0;        // of "no worse" the loss that is too much, of "better" the gain that is too little
  double alpha = 0.05;
  bool repeated = false;  // accuracy of rows without weights only
};

// The outcome alone.
engine::Outcome decide_contest(const Contest& contest, const Comparison& comparison, const ResampledDifference& resampled);
// Sets name, outcome, measured, threshold, detail and evidence.
engine::Check judge_contest(const Contest& contest, const Comparison& comparison, const ResampledDifference& resampled);

}  // namespace mlopsctl::evaluate
