#include "stages/evaluate/calibration_bounds.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "pipeline/stats/normal.hpp"
#include "stages/evaluate/probability_metrics.hpp"

namespace mlopsctl::evaluate {
namespace {

constexpr double beyond_chance = 2;  // standard errors

// A number for each row; on average over draws of rows, mean + shift is not below (not above) the calibration error.
struct Shares {
  std::vector<double> of_row;
  double shift = 0;
};

// How far confidence and outcome are apart, row by row and bin by bin.
class Distances {
 public:
  Distances(const Judged& judged, size_t classes) {
    const size_t rows = judged.given.size();
    std::array<double, kReliabilityBins> variance{};
    for (size_t row = 0; row < rows; ++row) {
      const double confidence = judged.probabilities[row * classes + static_cast<size_t>(judged.predicted[row])];
      distance_.push_back(confidence - (judged.right[row] ? 1 : 0));
      bin_.push_back(reliability_bin(confidence));
      sum_[bin_.back()] += distance_.back();
      variance[bin_.back()] += confidence * (1 - confidence);
    }
    std::transform(variance.begin(), variance.end(), noise_.begin(), [](double value) { return std::sqrt(value); });
  }

  Shares not_below() const {
    return signed_by([](double sum, double) { return sum < 0 ? -1 : 1; });
  }
  Shares not_above() const {
    Shares shares = signed_by([](double sum, double noise) { return std::abs(sum) <= beyond_chance * noise ? 0 : sum < 0 ? -1 : 1; });
    // Of a bin without any true distance this much is picked up on average, of every other less: the mean of |x| where it is beyond, x normal.
    const double picked_up = 2 * std::exp(-beyond_chance * beyond_chance / 2) / std::sqrt(2 * std::numbers::pi);
    shares.shift = -picked_up * std::accumulate(noise_.begin(), noise_.end(), 0.0) / static_cast<double>(distance_.size());
    return shares;
  }

 private:
  template <typename Sign>
  Shares signed_by(Sign sign) const {
    Shares shares;
    for (size_t row = 0; row < distance_.size(); ++row) shares.of_row.push_back(sign(sum_[bin_[row]], noise_[bin_[row]]) * distance_[row]);
    return shares;
  }

  std::vector<double> distance_;  // confidence less 1 where right
  std::vector<size_t> bin_;
  std::array<double, kReliabilityBins> sum_{}, noise_{};  // of the distances of a bin, and its standard error if it is calibrated
};

// Beyond the mean of the shares with a chance of `tail`.
double bound(const Shares& shares, double tail, double direction) {
  const double n = static_cast<double>(shares.of_row.size());
  if (n < 2) return direction;
  const double mean = std::accumulate(shares.of_row.begin(), shares.of_row.end(), 0.0) / n;
  double squares = 0;
  for (const double value : shares.of_row) squares += (value - mean) * (value - mean);
  const double reach = stats::student_quantile(1 - tail, n - 1) * std::sqrt(squares / (n - 1) / n);
  return mean + shares.shift + direction * reach;
}

Shares less(Shares first, const Shares& second) {
  for (size_t row = 0; row < first.of_row.size(); ++row) first.of_row[row] -= second.of_row[row];
  first.shift -= second.shift;
  return first;
}

}  // namespace

stats::Interval calibration_interval(const Judged& judged, size_t classes, double confidence) {
  const Distances distances(judged, classes);
  const double tail = (1 - confidence) / 2;
  return {std::max(0.0, bound(distances.not_above(), tail, -1)), std::min(1.0, bound(distances.not_below(), tail, 1))};
}

stats::Interval calibration_difference(const Judged& first, size_t first_classes, const Judged& second, size_t second_classes, double confidence) {
  const Distances one(first, first_classes), other(second, second_classes);
  const double tail = (1 - confidence) / 2;
  return {bound(less(one.not_above(), other.not_below()), tail, -1), bound(less(one.not_below(), other.not_above()), tail, 1)};
}

}  // namespace mlopsctl::evaluate
