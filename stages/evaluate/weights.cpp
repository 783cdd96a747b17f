#include "stages/evaluate/weights.hpp"

#include <algorithm>

namespace mlopsctl::evaluate {

bool any_weights(const std::vector<RowsInput>& inputs) {
  return std::any_of(inputs.begin(), inputs.end(), [](const RowsInput& input) { return input.rows.info().weighted; });
}

double stood_for(const std::vector<RowsInput>& inputs) {
  double sum = 0;
  for (const RowsInput& input : inputs)
    for (size_t i = 0; i < input.rows.size(); ++i) sum += input.rows.weight(i);
  return sum;
}

std::vector<double> row_weights(const std::vector<RowsInput>& inputs, std::span<const char> differ) {
  std::vector<double> weights;
  if (!any_weights(inputs)) return weights;
  for (const RowsInput& input : inputs) {
    const size_t first = weights.size();
    double sum = 0, squares = 0, sum_all = 0, squares_all = 0;
    for (size_t i = 0; i < input.rows.size(); ++i) {
      const double weight = input.rows.weight(i);
      weights.push_back(weight);
      sum_all += weight, squares_all += weight * weight;
      if (!differ.empty() && differ[first + i]) sum += weight, squares += weight * weight;
    }
    if (sum == 0) sum = sum_all, squares = squares_all;
    for (size_t i = first; i < weights.size(); ++i) weights[i] *= sum / squares;
  }
  return weights;
}

void weigh(Judged& judged, std::span<const double> weights) {
  double sum = 0, squares = 0, right = 0;
  for (size_t i = 0; i < weights.size(); ++i) sum += weights[i], squares += weights[i] * weights[i], right += judged.right[i] ? weights[i] : 0;
  judged.metrics.accuracy = right / sum;
  judged.metrics.even_rows = sum * sum / squares;
}

}  // namespace mlopsctl::evaluate
