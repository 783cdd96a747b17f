// How good probabilities are, each as scikit-learn defines it. `given`: class per row; `probabilities`: rows x classes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/evaluate/metrics.hpp"

namespace mlopsctl::evaluate {

// Rows in the order of their scores, so that the area can be had again and again for other draws of the same rows.
class RankedScores {
 public:
  RankedScores(std::span<const int> given, std::span<const double> probabilities, size_t classes, size_t target);
  // As roc_auc(), where row i counts times[i] times; empty: each once.
  double area(std::span<const uint32_t> times) const;

 private:
  struct Ranked {
    double score;
    uint32_t row;
    bool positive;
  };
  std::vector<Ranked> ranked_;  // by score
};

// Area under the ROC curve of class `target` against the rest, ties counting half; NaN when all rows or none are of that class.
double roc_auc(std::span<const int> given, std::span<const double> probabilities, size_t classes, size_t target);
// Mean of -log(probability of the given class), probabilities kept at least 2^-52 from 0 and 1.
double log_loss(std::span<const int> given, std::span<const double> probabilities, size_t classes);
// Mean squared distance from certainty in the given class; halved for two classes, so that it is (p1 - y)^2.
double brier(std::span<const int> given, std::span<const double> probabilities, size_t classes);
// Of kReliabilityBins, the one that holds this confidence.
size_t reliability_bin(double confidence);
std::vector<ReliabilityBin> reliability(std::span<const int> given, std::span<const int> predicted, std::span<const double> probabilities, size_t classes);
// Expected calibration error (Guo et al. 2017): mean distance of confidence and accuracy over bins, weighed by their rows.
double calibration_error(const std::vector<ReliabilityBin>& bins, int64_t rows);

}  // namespace mlopsctl::evaluate
