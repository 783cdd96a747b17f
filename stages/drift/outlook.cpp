#include "stages/drift/outlook.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pipeline/stats/normal.hpp"
#include "stages/ml_api.hpp"

namespace mlopsctl::drift {

std::optional<Outlook> outlook(const train::Profile& reference, const train::Profile& current, std::span<const float> probabilities,
                               const stats::LabelShiftOptions& options) {
  const size_t classes = reference.labels.size(), rows = static_cast<size_t>(current.rows);
  if (reference.confusion.empty() || reference.surplus.n == 0 || rows < 2) return std::nullopt;
  Outlook result;
  result.labels = stats::bbse(reference.confusion, current.predicted, options);
  if (!result.labels.solvable) return std::nullopt;

  const double labelled = static_cast<double>(std::accumulate(reference.labelled.begin(), reference.labelled.end(), int64_t{0}));
  std::vector<double> prior(classes);
  for (size_t k = 0; k < classes; ++k) {
    prior[k] = static_cast<double>(reference.labelled[k]) / labelled;
    result.before += static_cast<double>(reference.confusion[k * classes + k]) / labelled;
  }
  result.mixture = stats::mlls(probabilities, prior, 200, 1e-6);

  double sum = 0, squares = 0;
  for (size_t row = 0; row < rows; ++row) {
    const auto each = probabilities.subspan(row * classes, classes);
    const auto moved = [&](size_t k) { return prior[k] > 0 ? static_cast<double>(each[k]) * result.mixture[k] / prior[k] : 0; };
    double all = 0;
    for (size_t k = 0; k < classes; ++k) all += moved(k);
    const double confidence = all > 0 ? moved(static_cast<size_t>(ml::best(each))) / all : 0;
    sum += confidence, squares += confidence * confidence;
  }
  const double n = static_cast<double>(rows), variance = std::max(0.0, squares - sum * sum / n) / (n - 1);
  result.by_confidence = std::clamp(sum / n + reference.surplus.mean, 0.0, 1.0);
  result.error = std::sqrt(variance / n + reference.surplus.variance / static_cast<double>(reference.surplus.n));
  const double reach = stats::normal_quantile(0.975) * result.error;
  result.interval = {std::max(0.0, result.by_confidence - reach), std::min(1.0, result.by_confidence + reach)};
  result.difference_error = std::hypot(result.error, result.labels.accuracy_error);
  if (result.difference_error > 0) result.p = 2 * stats::normal_tail(std::abs(result.by_confidence - result.labels.accuracy) / result.difference_error);
  return result;
}

Json to_json(const Outlook& outlook, const std::vector<std::string>& labels) {
  const auto pair = [](const stats::Interval& interval) { return Json{interval.low, interval.high}; };
  Json shares = Json::array();
  for (size_t k = 0; k < labels.size(); ++k)
    shares.push_back({{"label", labels[k]},
                      {"bbse", outlook.labels.shares[k]},
                      {"interval_95", outlook.labels.intervals.empty() ? Json() : pair(outlook.labels.intervals[k])},
                      {"mlls", outlook.mixture[k]}});
  return {{"label_shares", std::move(shares)},
          {"bbse_condition", outlook.labels.condition},
          {"accuracy_before", outlook.before},
          {"accuracy_by_labels", outlook.labels.accuracy},
          {"accuracy_by_labels_interval_95", pair(outlook.labels.accuracy_interval)},
          {"accuracy_by_confidence", outlook.by_confidence},
          {"accuracy_by_confidence_interval_95", pair(outlook.interval)},
          {"p_of_their_difference", outlook.p}};
}

}  // namespace mlopsctl::drift
