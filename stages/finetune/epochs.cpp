#include "stages/finetune/epochs.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace mlopsctl::finetune {

bool Epochs::better(const Evaluation& a, const Evaluation& b, double by) const {
  const double first = a.by(metric_), second = b.by(metric_);
  if (!std::isfinite(first)) return false;
  if (!std::isfinite(second)) return true;
  return metric_ == Metric::loss ? first < second - by : first > second + by;
}

bool Epochs::add(const Evaluation& evaluation) {
  all_.push_back(evaluation);
  if (!to_beat_ || better(evaluation, *to_beat_, min_delta_)) {
    to_beat_ = evaluation;
    without_better_ = 0;
  } else {
    ++without_better_;
  }
  const auto place = std::find_if(best_.begin(), best_.end(), [&](const Evaluation& other) { return better(evaluation, other, 0); });
  if (place == best_.end() && static_cast<int64_t>(best_.size()) >= top_) return false;
  best_.insert(place, evaluation);
  if (static_cast<int64_t>(best_.size()) > top_) best_.pop_back();
  return true;
}

Evaluation evaluate(const std::vector<float>& logits, const std::vector<int>& labels, size_t classes) {
  Evaluation result;
  std::vector<double> right(classes), said(classes), given(classes);
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto row = std::span(logits).subspan(i * classes, classes);
    const auto label = static_cast<size_t>(labels[i]);
    const auto best = static_cast<size_t>(std::max_element(row.begin(), row.end()) - row.begin());
    double sum = 0;
    for (const float logit : row) sum += std::exp(static_cast<double>(logit) - static_cast<double>(row[best]));
    result.loss += std::log(sum) + static_cast<double>(row[best]) - static_cast<double>(row[label]);
    ++said[best], ++given[label];
    right[label] += best == label;
  }
  const auto rows = static_cast<double>(std::max<size_t>(1, labels.size()));
  double hits = 0, f1 = 0, present = 0;
  for (size_t k = 0; k < classes; ++k) {
    hits += right[k];
    if (given[k] == 0) continue;
    ++present;
    f1 += 2 * right[k] / (said[k] + given[k]);
  }
  result.loss /= rows;
  result.accuracy = hits / rows;
  result.macro_f1 = f1 / std::max(1.0, present);
  return result;
}

}  // namespace mlopsctl::finetune
