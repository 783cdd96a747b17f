#include "stages/train/fit_calibration.hpp"

#include <algorithm>

namespace mlopsctl::train {
namespace {

Sigmoid fit_class(std::span<const double> scores, const std::vector<int>& given, size_t classes, size_t target) {
  std::vector<double> column(given.size());
  std::vector<bool> positive(given.size());
  for (size_t row = 0; row < given.size(); ++row) {
    column[row] = scores[row * classes + target];
    positive[row] = given[row] == static_cast<int>(target);
  }
  return fit_platt(column, positive);
}

std::vector<Sigmoid> fit_sigmoids(std::span<const double> scores, const std::vector<int>& given, size_t classes) {
  std::vector<Sigmoid> sigmoids;
  for (size_t k = 0; k < classes; ++k) sigmoids.push_back(fit_class(scores, given, classes, k));
  return sigmoids;
}

}  // namespace

Calibration fit_calibration(const std::string& wanted, ml::ScoreKind kind, std::span<const double> scores, const std::vector<int>& given,
                            const std::vector<std::string>& labels, std::vector<std::string>& warnings) {
  Calibration calibration;
  if (wanted == "none") return calibration;
  if (wanted == "platt" || (wanted == "auto" && kind == ml::ScoreKind::margin)) {
    calibration.sigmoids = fit_sigmoids(scores, given, labels.size());
    const auto reversed = std::find_if(calibration.sigmoids.begin(), calibration.sigmoids.end(), [](const Sigmoid& each) { return each.slope >= 0; });
    if (reversed == calibration.sigmoids.end()) {
      calibration.method = Calibration::Method::platt;
      return calibration;
    }
    warnings.push_back("calibrated by a temperature instead of Platt's sigmoids: on the " + std::to_string(given.size()) +
                       " rows at hand the scores of label \"" + labels[static_cast<size_t>(reversed - calibration.sigmoids.begin())] +
                       "\" do not rise with its share");
    calibration.sigmoids.clear();
  }
  calibration.method = Calibration::Method::temperature;
  calibration.temperature = fit_temperature(scores, given, labels.size());
  return calibration;
}

}  // namespace mlopsctl::train
