#include "pipeline/stats/label_shift.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pipeline/base/random.hpp"

namespace mlopsctl::stats {
namespace {

using Matrix = std::vector<double>;  // row-major, square

// Gauss-Jordan with partial pivoting; empty: singular.
Matrix inverse(Matrix a, size_t n) {
  Matrix result(n * n, 0);
  for (size_t i = 0; i < n; ++i) result[i * n + i] = 1;
  for (size_t column = 0; column < n; ++column) {
    size_t pivot = column;
    for (size_t row = column + 1; row < n; ++row)
      if (std::abs(a[row * n + column]) > std::abs(a[pivot * n + column])) pivot = row;
    if (std::abs(a[pivot * n + column]) < 1e-12) return {};
    for (size_t k = 0; k < n; ++k) std::swap(a[pivot * n + k], a[column * n + k]), std::swap(result[pivot * n + k], result[column * n + k]);
    const double scale = 1 / a[column * n + column];
    for (size_t k = 0; k < n; ++k) a[column * n + k] *= scale, result[column * n + k] *= scale;
    for (size_t row = 0; row < n; ++row) {
      const double factor = a[row * n + column];
      if (row == column || factor == 0) continue;
      for (size_t k = 0; k < n; ++k) a[row * n + k] -= factor * a[column * n + k], result[row * n + k] -= factor * result[column * n + k];
    }
  }
  return result;
}

double largest_row_sum(const Matrix& a, size_t n) {
  double largest = 0;
  for (size_t row = 0; row < n; ++row) {
    double sum = 0;
    for (size_t k = 0; k < n; ++k) sum += std::abs(a[row * n + k]);
    largest = std::max(largest, sum);
  }
  return largest;
}

void to_shares(std::vector<double>& values) {
  for (double& value : values) value = std::max(0.0, value);
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  if (sum > 0)
    for (double& value : values) value /= sum;
}

// false: some label was never given, or the matrix is singular.
bool solve(std::span<const int64_t> confusion, std::span<const int64_t> predicted, std::vector<double>& shares, double* condition) {
  const size_t n = predicted.size();
  const double rows = static_cast<double>(std::accumulate(predicted.begin(), predicted.end(), int64_t{0}));
  Matrix given(n * n, 0);  // P(predicted = row | given = column)
  for (size_t label = 0; label < n; ++label) {
    const auto counts = confusion.subspan(label * n, n);
    const double total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
    if (total == 0) return false;
    for (size_t k = 0; k < n; ++k) given[k * n + label] = static_cast<double>(counts[k]) / total;
  }
  const Matrix inverted = inverse(given, n);
  if (inverted.empty() || rows == 0) return false;
  if (condition != nullptr) *condition = largest_row_sum(given, n) * largest_row_sum(inverted, n);
  shares.assign(n, 0);
  for (size_t label = 0; label < n; ++label)
    for (size_t k = 0; k < n; ++k) shares[label] += inverted[label * n + k] * static_cast<double>(predicted[k]) / rows;
  to_shares(shares);
  return true;
}

// As many draws as `counts` holds, with its shares.
std::vector<int64_t> redraw(std::span<const int64_t> counts, Random& random) {
  std::vector<int64_t> cumulative(counts.size()), drawn(counts.size(), 0);
  std::partial_sum(counts.begin(), counts.end(), cumulative.begin());
  const int64_t total = cumulative.empty() ? 0 : cumulative.back();
  for (int64_t i = 0; i < total; ++i) {
    const auto place = static_cast<int64_t>(random.below(static_cast<uint64_t>(total)));
    ++drawn[static_cast<size_t>(std::upper_bound(cumulative.begin(), cumulative.end(), place) - cumulative.begin())];
  }
  return drawn;
}

double accuracy_of(std::span<const int64_t> confusion, std::span<const double> shares) {
  const size_t n = shares.size();
  double accuracy = 0;
  for (size_t label = 0; label < n; ++label) {
    const auto counts = confusion.subspan(label * n, n);
    const auto total = std::accumulate(counts.begin(), counts.end(), int64_t{0});
    if (total > 0) accuracy += shares[label] * static_cast<double>(counts[label]) / static_cast<double>(total);
  }
  return accuracy;
}

Interval middle_of(std::vector<double>& values, double confidence) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) { return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5)]; };
  return {at((1 - confidence) / 2), at((1 + confidence) / 2)};
}

}  // namespace

LabelShift bbse(std::span<const int64_t> confusion, std::span<const int64_t> predicted, const LabelShiftOptions& options) {
  const size_t n = predicted.size();
  LabelShift result;
  if (!solve(confusion, predicted, result.shares, &result.condition)) {
    result.solvable = false;
    result.shares.assign(n, 0);
    for (size_t label = 0; label < n; ++label)
      for (size_t k = 0; k < n; ++k) result.shares[label] += static_cast<double>(confusion[label * n + k]);
    to_shares(result.shares);
    result.accuracy = accuracy_of(confusion, result.shares);
    return result;
  }
  result.accuracy = accuracy_of(confusion, result.shares);
  if (options.resamples <= 0) return result;
  Random random(options.seed);
  std::vector<std::vector<double>> drawn(n);
  std::vector<double> shares, accuracies;
  for (int i = 0; i < options.resamples; ++i) {
    const auto again = redraw(confusion, random), predicted_again = redraw(predicted, random);
    if (!solve(again, predicted_again, shares, nullptr)) continue;
    for (size_t label = 0; label < n; ++label) drawn[label].push_back(shares[label]);
    accuracies.push_back(accuracy_of(again, shares));
  }
  for (auto& values : drawn) result.intervals.push_back(middle_of(values, options.confidence));
  double squares = 0;
  for (const double each : accuracies) squares += (each - result.accuracy) * (each - result.accuracy);
  if (!accuracies.empty()) result.accuracy_error = std::sqrt(squares / static_cast<double>(accuracies.size()));
  result.accuracy_interval = middle_of(accuracies, options.confidence);
  return result;
}

std::vector<double> mlls(std::span<const float> probabilities, std::span<const double> prior, int most_steps, double tolerance) {
  const size_t n = prior.size(), rows = n == 0 ? 0 : probabilities.size() / n;
  std::vector<double> shares(prior.begin(), prior.end()), next(n), row(n);
  if (rows == 0) return shares;
  for (int step = 0; step < most_steps; ++step) {
    std::fill(next.begin(), next.end(), 0);
    for (size_t i = 0; i < rows; ++i) {
      double sum = 0;
      for (size_t k = 0; k < n; ++k) sum += row[k] = prior[k] > 0 ? static_cast<double>(probabilities[i * n + k]) * shares[k] / prior[k] : 0;
      if (sum > 0)
        for (size_t k = 0; k < n; ++k) next[k] += row[k] / sum;
    }
    to_shares(next);
    double moved = 0;
    for (size_t k = 0; k < n; ++k) moved = std::max(moved, std::abs(next[k] - shares[k]));
    shares = next;
    if (moved < tolerance) break;
  }
  return shares;
}

}  // namespace mlopsctl::stats
