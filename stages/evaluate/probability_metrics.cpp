#include "stages/evaluate/probability_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mlopsctl::evaluate {

RankedScores::RankedScores(std::span<const int> given, std::span<const double> probabilities, size_t classes, size_t target) {
  ranked_.reserve(given.size());
  for (size_t i = 0; i < given.size(); ++i)
    ranked_.push_back({probabilities[i * classes + target], static_cast<uint32_t>(i), given[i] == static_cast<int>(target)});
  std::sort(ranked_.begin(), ranked_.end(), [](const Ranked& a, const Ranked& b) { return a.score < b.score; });
}

double RankedScores::area(std::span<const uint32_t> times) const {
  // Mann-Whitney: pairs of a positive above a negative, equal scores counting half.
  double below = 0, pairs = 0, positives = 0;
  for (size_t i = 0; i < ranked_.size();) {
    double tied_positive = 0, tied_negative = 0;
    const double score = ranked_[i].score;
    for (; i < ranked_.size() && ranked_[i].score == score; ++i)
      (ranked_[i].positive ? tied_positive : tied_negative) += times.empty() ? 1 : times[ranked_[i].row];
    pairs += tied_positive * (below + tied_negative / 2);
    below += tied_negative;
    positives += tied_positive;
  }
  if (positives == 0 || below == 0) return std::numeric_limits<double>::quiet_NaN();
  return pairs / (positives * below);
}

double roc_auc(std::span<const int> given, std::span<const double> probabilities, size_t classes, size_t target) {
  return RankedScores(given, probabilities, classes, target).area({});
}

double log_loss(std::span<const int> given, std::span<const double> probabilities, size_t classes) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  double sum = 0;
  for (size_t i = 0; i < given.size(); ++i) sum -= std::log(std::clamp(probabilities[i * classes + static_cast<size_t>(given[i])], kEpsilon, 1 - kEpsilon));
  return sum / static_cast<double>(given.size());
}

double brier(std::span<const int> given, std::span<const double> probabilities, size_t classes) {
  double sum = 0;
  for (size_t i = 0; i < given.size(); ++i)
    for (size_t k = 0; k < classes; ++k) {
      const double distance = probabilities[i * classes + k] - (given[i] == static_cast<int>(k) ? 1 : 0);
      sum += distance * distance;
    }
  return sum / static_cast<double>(given.size()) / (classes == 2 ? 2 : 1);
}

size_t reliability_bin(double confidence) {
  const double place = std::ceil(confidence * static_cast<double>(kReliabilityBins)) - 1;
  return static_cast<size_t>(std::clamp(place, 0.0, static_cast<double>(kReliabilityBins - 1)));
}

std::vector<ReliabilityBin> reliability(std::span<const int> given, std::span<const int> predicted, std::span<const double> probabilities, size_t classes) {
  std::vector<ReliabilityBin> bins(kReliabilityBins);
  for (size_t i = 0; i < given.size(); ++i) {
    const double confidence = probabilities[i * classes + static_cast<size_t>(predicted[i])];
    ReliabilityBin& bin = bins[reliability_bin(confidence)];
    ++bin.rows;
    bin.confidence += confidence;
    bin.accuracy += given[i] == predicted[i];
  }
  for (ReliabilityBin& bin : bins)
    if (bin.rows > 0) bin.confidence /= static_cast<double>(bin.rows), bin.accuracy /= static_cast<double>(bin.rows);
  return bins;
}

double calibration_error(const std::vector<ReliabilityBin>& bins, int64_t rows) {
  double sum = 0;
  for (const ReliabilityBin& bin : bins) sum += std::abs(bin.accuracy - bin.confidence) * static_cast<double>(bin.rows);
  return sum / static_cast<double>(rows);
}

}  // namespace mlopsctl::evaluate
