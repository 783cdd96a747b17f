#include "stages/evaluate/resampling.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "stages/evaluate/calibration_bounds.hpp"
#include "stages/evaluate/probability_metrics.hpp"

namespace mlopsctl::evaluate {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

// One model's metric on drawn rows. What does not depend on the draw is worked out once.
class Redrawn {
 public:
  Redrawn(const Judged& judged, const std::vector<std::string>& labels, const std::string& metric) : judged_(judged), labels_(labels), metric_(metric) {
    const size_t classes = labels.size(), rows = judged.given.size();
    const auto row_of = [&](size_t row) { return std::span(judged.probabilities).subspan(row * classes, classes); };
    const auto given_of = [&](size_t row) { return std::span(judged.given).subspan(row, 1); };
    if (metric == "log_loss" || metric == "brier")
      for (size_t row = 0; row < rows; ++row) losses_.push_back((metric == "brier" ? brier : log_loss)(given_of(row), row_of(row), classes));
    if (metric.starts_with("roc_auc"))
      for (size_t k = 0; k < classes; ++k) ranked_.emplace_back(judged.given, judged.probabilities, classes, k);
  }

  double value(std::span<const uint32_t> rows) {
    if (!losses_.empty()) {
      const double sum = std::accumulate(rows.begin(), rows.end(), 0.0, [&](double so_far, uint32_t row) { return so_far + losses_[row]; });
      return sum / static_cast<double>(rows.size());
    }
    if (!ranked_.empty()) return area(rows);
    given_.clear(), predicted_.clear();
    for (const uint32_t row : rows) given_.push_back(judged_.given[row]), predicted_.push_back(judged_.predicted[row]);
    Measured measured{};
    return find_metric(measure_labels(given_, predicted_, labels_.size()), labels_, metric_, measured) ? measured.value : undefined;
  }

 private:
  double area(std::span<const uint32_t> rows) {
    times_.assign(judged_.given.size(), 0);
    for (const uint32_t row : rows) ++times_[row];
    if (const auto dot = metric_.find('.'); dot != std::string::npos) {
      const auto label = std::find(labels_.begin(), labels_.end(), metric_.substr(dot + 1));
      return label == labels_.end() ? undefined : ranked_[static_cast<size_t>(label - labels_.begin())].area(times_);
    }
    if (ranked_.size() == 2) return ranked_[1].area(times_);
    double sum = 0;
    for (const RankedScores& each : ranked_) sum += each.area(times_);
    return sum / static_cast<double>(ranked_.size());
  }

  const Judged& judged_;
  const std::vector<std::string>& labels_;
  const std::string& metric_;
  std::vector<double> losses_;        // of each row, where the metric is their mean
  std::vector<RankedScores> ranked_;  // of each label, for areas
  std::vector<int> given_, predicted_;
  std::vector<uint32_t> times_;
};

template <typename T>
std::vector<T> joined(std::vector<T> first, const std::vector<T>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

stats::Interval resampled_difference(const std::string& metric, const Judged& first, const std::vector<std::string>& first_labels, const Judged& second,
                                     const std::vector<std::string>& second_labels, const stats::BootstrapOptions& options) {
  if (metric == "ece") return calibration_difference(first, first_labels.size(), second, second_labels.size(), options.confidence);
  const size_t rows = first.given.size();
  Redrawn one(first, first_labels, metric), two(second, second_labels, metric);
  const auto difference = [&](std::span<const uint32_t> drawn) { return one.value(drawn) - two.value(drawn); };
  stats::Interval interval = stats::bootstrap(rows, difference, options);
  if (first_labels != second_labels) return interval;
  const Judged both{joined(first.given, second.given),
                    joined(first.predicted, second.predicted),
                    joined(first.probabilities, second.probabilities),
                    joined(first.right, second.right),
                    {}};
  Redrawn either(both, first_labels, metric);
  std::vector<uint32_t> all(rows);
  std::iota(all.begin(), all.end(), uint32_t{0});
  const double estimate = difference(all);
  const double reach = stats::exchange_quantile(
      rows, [&](auto mine, auto others) { return either.value(mine) - either.value(others); }, (1 - options.confidence) / 2, options);
  return {std::min(interval.low, estimate - reach), std::max(interval.high, estimate + reach)};
}

stats::Interval resampled_metric(const std::string& metric, const Judged& judged, const std::vector<std::string>& labels,
                                 const stats::BootstrapOptions& options) {
  if (metric == "ece") return calibration_interval(judged, labels.size(), options.confidence);
  Redrawn one(judged, labels, metric);
  return stats::bootstrap(
      judged.given.size(), [&](std::span<const uint32_t> drawn) { return one.value(drawn); }, options);
}

}  // namespace mlopsctl::evaluate
