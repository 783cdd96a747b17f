// How far two models' metrics differ, and how sure that is, by drawing rows again and again (stats::bootstrap); the same rows for both.
#pragma once

#include <string>
#include <vector>

#include "pipeline/stats/bootstrap.hpp"
#include "stages/evaluate/judged_rows.hpp"

namespace mlopsctl::evaluate {

// The first's metric less the second's: the paired BCa interval, made as wide as the exchange of answers asks for (stats::exchange_quantile), so that no
// difference of equal models is claimed more often than stated, however few the rows of a label. The metric is one that both have (find_metric).
// The calibration error is too large by chance, the more so the smaller it is, which resampling does not mend: calibration_bounds.hpp has its intervals.
// Uses one core.
stats::Interval resampled_difference(const std::string& metric, const Judged& first, const std::vector<std::string>& first_labels, const Judged& second,
                                     const std::vector<std::string>& second_labels, const stats::BootstrapOptions& options);

// Of one model's metric itself: BCa, of the calibration error as above.
stats::Interval resampled_metric(const std::string& metric, const Judged& judged, const std::vector<std::string>& labels,
                                 const stats::BootstrapOptions& options);

}  // namespace mlopsctl::evaluate
