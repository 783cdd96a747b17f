#include "stages/evaluate/weights.hpp"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace mlopsctl::evaluate {

namespace {

// `differ`: of the input's own rows. A row in fifty may be contrary: two machines do not score a close one alike.
bool drawn_for_these(const RowsInput& input, std::span<const char> differ) {
  struct Counts {
    size_t agree = 0, differ = 0;
  };
  std::map<double, Counts> by_weight;
  for (size_t i = 0; i < input.rows.size(); ++i) ++(differ[i] ? by_weight[input.rows.weight(i)].differ : by_weight[input.rows.weight(i)].agree);
  size_t contrary = 0;
  for (const auto& [weight, counts] : by_weight) contrary += std::min(counts.agree, counts.differ);
  return by_weight.size() < 2 || contrary * 50 <= input.rows.size();
}

}  // namespace

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
    if (sum == 0 || !drawn_for_these(input, differ.subspan(first, input.rows.size()))) sum = sum_all, squares = squares_all;
    for (size_t i = first; i < weights.size(); ++i) weights[i] *= sum / squares;
  }
  return weights;
}

std::vector<std::string> drawn_for_others(const std::vector<RowsInput>& inputs, std::span<const char> differ) {
  std::vector<std::string> names;
  for (const RowsInput& input : inputs) {
    if (!drawn_for_these(input, differ.first(input.rows.size()))) names.push_back(input.origin);
    differ = differ.subspan(input.rows.size());
  }
  return names;
}

int64_t drawn_twice(const std::vector<RowsInput>& inputs) {
  std::unordered_set<std::string_view> before;
  int64_t twice = 0;
  for (const RowsInput& input : inputs) {
    if (!input.rows.info().weighted) continue;
    for (size_t i = 0; i < input.rows.size(); ++i) twice += before.contains(input.rows.raw(i));
    for (size_t i = 0; i < input.rows.size(); ++i) before.insert(input.rows.raw(i));
  }
  return twice;
}

void weigh(Judged& judged, std::span<const double> weights) {
  double sum = 0, squares = 0, right = 0;
  for (size_t i = 0; i < weights.size(); ++i) sum += weights[i], squares += weights[i] * weights[i], right += judged.right[i] ? weights[i] : 0;
  judged.metrics.accuracy = right / sum;
  judged.metrics.even_rows = sum * sum / squares;
}

}  // namespace mlopsctl::evaluate
