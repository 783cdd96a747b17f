#include "stages/train/mixture.hpp"

#include <algorithm>
#include <cmath>

namespace mlopsctl::train {
namespace {

constexpr size_t kMostRows = 20'000;
constexpr double kFloor = 1e-12;  // a model may be sure, but not beyond repair
constexpr double kCoolest = 0.2, kHottest = 5;

// One row at another temperature, into `out`.
void temper(std::span<const float> row, double temperature, std::span<double> out) {
  double largest = -1e300, sum = 0;
  for (size_t k = 0; k < row.size(); ++k) {
    out[k] = std::log(std::max(kFloor, static_cast<double>(row[k]))) / temperature;
    largest = std::max(largest, out[k]);
  }
  for (double& value : out) sum += value = std::exp(value - largest);
  for (double& value : out) value /= sum;
}

class Fit {
 public:
  Fit(const std::vector<std::vector<float>>& members, std::span<const int> labels, size_t classes)
      : members_(members), labels_(labels), classes_(classes), step_((labels.size() + kMostRows - 1) / kMostRows), mixture_(equal_mixture(members.size())) {
    for (size_t i = 0; i < labels.size(); i += step_) rows_.push_back(i);
    for (size_t m = 0; m < members.size(); ++m) right_.push_back(of_right_label(m, 1));
  }

  Mixture run() {
    double loss = fit_weights();
    for (int round = 0; round < 30; ++round) {
      for (size_t m = 0; m < members_.size(); ++m) fit_temperature(m);
      const double next = fit_weights();
      if (loss - next < 1e-8) break;
      loss = next;
    }
    return mixture_;
  }

 private:
  // What member `m` gives each row's own label.
  std::vector<double> of_right_label(size_t m, double temperature) const {
    std::vector<double> result(rows_.size()), row(classes_);
    for (size_t i = 0; i < rows_.size(); ++i) {
      temper(std::span(members_[m]).subspan(rows_[i] * classes_, classes_), temperature, row);
      result[i] = row[static_cast<size_t>(labels_[rows_[i]])];
    }
    return result;
  }

  // Mean log loss with the current weights, where member `m` gives `own` instead.
  double loss(size_t m, const std::vector<double>& own) const {
    double sum = 0;
    for (size_t i = 0; i < rows_.size(); ++i) {
      double p = mixture_.weights[m] * own[i];
      for (size_t other = 0; other < right_.size(); ++other)
        if (other != m) p += mixture_.weights[other] * right_[other][i];
      sum -= std::log(std::max(kFloor, p));
    }
    return sum / static_cast<double>(rows_.size());
  }

  double fit_weights() {
    std::vector<double>& weights = mixture_.weights;
    for (int iteration = 0; iteration < 2000; ++iteration) {
      std::vector<double> next(weights.size(), 0);
      for (size_t i = 0; i < rows_.size(); ++i) {
        double p = 0;
        for (size_t m = 0; m < weights.size(); ++m) p += weights[m] * right_[m][i];
        if (p <= 0) continue;
        for (size_t m = 0; m < weights.size(); ++m) next[m] += weights[m] * right_[m][i] / p;
      }
      double sum = 0, moved = 0;
      for (const double value : next) sum += value;
      if (sum <= 0) break;
      for (size_t m = 0; m < weights.size(); ++m) {
        next[m] /= sum;
        moved = std::max(moved, std::abs(next[m] - weights[m]));
      }
      weights = std::move(next);
      if (moved < 1e-9) break;
    }
    return loss(0, right_[0]);
  }

  void fit_temperature(size_t m) {
    const double ratio = (std::sqrt(5.0) - 1) / 2;
    double low = std::log(kCoolest), high = std::log(kHottest);
    const auto at = [&](double x) { return loss(m, of_right_label(m, std::exp(x))); };
    double left = high - ratio * (high - low), right = low + ratio * (high - low);
    double loss_left = at(left), loss_right = at(right);
    while (high - low > 1e-4) {
      if (loss_left <= loss_right) {
        high = right, right = left, loss_right = loss_left;
        left = high - ratio * (high - low), loss_left = at(left);
      } else {
        low = left, left = right, loss_left = loss_right;
        right = low + ratio * (high - low), loss_right = at(right);
      }
    }
    const double found = std::exp((low + high) / 2);
    auto own = of_right_label(m, found);
    if (loss(m, own) >= loss(m, right_[m])) return;
    mixture_.temperatures[m] = found;
    right_[m] = std::move(own);
  }

  const std::vector<std::vector<float>>& members_;
  std::span<const int> labels_;
  size_t classes_, step_;
  std::vector<size_t> rows_;
  std::vector<std::vector<double>> right_;
  Mixture mixture_;
};

}  // namespace

Mixture equal_mixture(size_t members) { return {std::vector<double>(members, 1 / static_cast<double>(members)), std::vector<double>(members, 1)}; }

Mixture fit_mixture(const std::vector<std::vector<float>>& members, std::span<const int> labels, size_t classes) {
  if (labels.empty()) return equal_mixture(members.size());
  return Fit(members, labels, classes).run();
}

std::vector<double> log_mix(const Mixture& mixture, const std::vector<std::vector<float>>& members, size_t classes) {
  std::vector<double> result(members.front().size(), 0), row(classes);
  for (size_t m = 0; m < members.size(); ++m) {
    if (mixture.weights[m] == 0) continue;
    for (size_t begin = 0; begin < result.size(); begin += classes) {
      temper(std::span(members[m]).subspan(begin, classes), mixture.temperatures[m], row);
      for (size_t k = 0; k < classes; ++k) result[begin + k] += mixture.weights[m] * row[k];
    }
  }
  for (double& value : result) value = std::log(std::max(kFloor, value));
  return result;
}

}  // namespace mlopsctl::train
