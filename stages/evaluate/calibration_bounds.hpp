// What the true calibration error of a model, or of one less another's, is at least and at most. Pure.
//
// The measured error is too large: in each bin chance alone makes a distance, and what lies where is seen with its sign lost. The more so the better a model
// is calibrated, so that of two measured errors the smaller is the more exaggerated, and neither drawing rows again nor exchanging answers takes that off
// (it comes on top once more). So each claim is made of two sums over rows. Of the model whose error could be larger: the measured error itself, which on
// average is not below the true one. Of the other: only bins whose distance is beyond twice what chance makes there, less what is picked up by chance all
// the same, which on average is not above the true one. The bound is the mean of their difference, row by row, and its Student quantile.
#pragma once

#include "pipeline/stats/proportion.hpp"
#include "stages/evaluate/judged_rows.hpp"

namespace mlopsctl::evaluate {

// Each end is beyond the truth with a chance of (1 - confidence) / 2 at most, as ever more rows are judged; tests/calibration shows it from 100 rows on.
// `classes`: labels of that model. A single row bounds nothing.
stats::Interval calibration_interval(const Judged& judged, size_t classes, double confidence);
// The first's error less the second's, both on the same rows.
stats::Interval calibration_difference(const Judged& first, size_t first_classes, const Judged& second, size_t second_classes, double confidence);

}  // namespace mlopsctl::evaluate
