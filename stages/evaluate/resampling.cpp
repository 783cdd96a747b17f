#include "stages/evaluate/resampling.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace mlopsctl::evaluate {
namespace {

// The rest are functions of the confusion matrix.
bool needs_probabilities(std::string_view metric) {
  constexpr std::array<std::string_view, 4> names{"roc_auc", "log_loss", "brier", "ece"};
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return metric.substr(0, name.size()) == name; });
}

// One model's answers on drawn rows, without making room for them anew each time.
class Redrawn {
 public:
  Redrawn(const Judged& judged, const std::vector<std::string>& labels, const std::string& metric)
      : judged_(judged), labels_(labels), metric_(metric), probabilities_wanted_(needs_probabilities(metric)) {}

  double value(std::span<const uint32_t> rows) {
    const size_t classes = labels_.size();
    given_.clear(), other_.clear(), probabilities_.clear();
    for (const uint32_t row : rows) {
      given_.push_back(judged_.given[row]);
      if (probabilities_wanted_) {
        const auto begin = judged_.probabilities.begin() + static_cast<std::ptrdiff_t>(row * classes);
        probabilities_.insert(probabilities_.end(), begin, begin + static_cast<std::ptrdiff_t>(classes));
      } else {
        other_.push_back(judged_.predicted[row]);
      }
    }
    const Metrics metrics = probabilities_wanted_ ? measure(given_, probabilities_, classes) : measure_labels(given_, other_, classes);
    Measured measured{};
    return find_metric(metrics, labels_, metric_, measured) ? measured.value : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  const Judged& judged_;
  const std::vector<std::string>& labels_;
  const std::string& metric_;
  bool probabilities_wanted_;
  std::vector<int> given_, other_;
  std::vector<double> probabilities_;
};

}  // namespace

stats::Interval resampled_difference(const std::string& metric, const Judged& first, const std::vector<std::string>& first_labels, const Judged& second,
                                     const std::vector<std::string>& second_labels, const stats::BootstrapOptions& options) {
  Redrawn one(first, first_labels, metric), two(second, second_labels, metric);
  return stats::bootstrap(
      first.given.size(), [&](std::span<const uint32_t> rows) { return one.value(rows) - two.value(rows); }, options);
}

}  // namespace mlopsctl::evaluate
