// Chooses and fits the calibration of a classifier on rows it has not seen.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "stages/ml_api.hpp"
#include "stages/train/calibration.hpp"

namespace mlopsctl::train {

// `wanted`: auto, none, platt or temperature. Sigmoids that would turn a class's order upside down (rows too few or too odd) are not
// used: a temperature is, with a warning.
Calibration fit_calibration(const std::string& wanted, ml::ScoreKind kind, std::span<const double> scores, const std::vector<int>& given,
                            const std::vector<std::string>& labels, std::vector<std::string>& warnings);

}  // namespace mlopsctl::train
