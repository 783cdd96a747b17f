#include "stages/evaluate/calibration_null.hpp"

#include <algorithm>
#include <numeric>

#include "pipeline/base/random.hpp"
#include "stages/evaluate/probability_metrics.hpp"

namespace mlopsctl::evaluate {

CalibrationNull calibration_null(const Judged& judged, size_t classes, uint64_t seed, int draws) {
  const size_t rows = judged.given.size();
  std::vector<size_t> bin_of(rows);
  std::vector<double> confidence(rows);
  for (size_t row = 0; row < rows; ++row) {
    confidence[row] = judged.probabilities[row * classes + static_cast<size_t>(judged.predicted[row])];
    bin_of[row] = reliability_bin(confidence[row]);
  }
  Random random(seed);
  std::vector<double> errors;
  for (int draw = 0; draw < draws; ++draw) {
    std::vector<ReliabilityBin> bins = judged.metrics.reliability;
    for (ReliabilityBin& bin : bins) bin.accuracy = 0;
    for (size_t row = 0; row < rows; ++row) bins[bin_of[row]].accuracy += random.uniform() < confidence[row];
    for (ReliabilityBin& bin : bins)
      if (bin.rows > 0) bin.accuracy /= static_cast<double>(bin.rows);
    errors.push_back(calibration_error(bins, judged.metrics.rows));
  }
  std::sort(errors.begin(), errors.end());
  const auto as_large = errors.end() - std::lower_bound(errors.begin(), errors.end(), judged.metrics.calibration_error);
  return {std::accumulate(errors.begin(), errors.end(), 0.0) / draws, errors[static_cast<size_t>(0.95 * draws)],
          (static_cast<double>(as_large) + 1) / (draws + 1), draws};
}

Json to_json(const CalibrationNull& null) {
  return {{"expected_if_calibrated", null.expected}, {"upper_95_if_calibrated", null.upper}, {"p", null.p}, {"draws", null.draws}};
}

}  // namespace mlopsctl::evaluate
