#include "pipeline/stats/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "pipeline/base/random.hpp"
#include "pipeline/stats/normal.hpp"

namespace mlopsctl::stats {
namespace {

// NumPy's percentile, "linear".
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const size_t below = static_cast<size_t>(std::floor(place)), above = std::min(below + 1, sorted.size() - 1);
  const double part = place - static_cast<double>(below);
  return sorted[below] + (sorted[above] - sorted[below]) * part;
}

}  // namespace

Interval bca(double estimate, std::vector<double> replicates, std::span<const double> jackknife, double confidence) {
  std::erase_if(replicates, [](double value) { return !std::isfinite(value); });
  std::sort(replicates.begin(), replicates.end());
  if (replicates.empty() || replicates.front() == replicates.back()) return {estimate, estimate};
  // Half of those that equal the estimate count as below it.
  const auto [first, last] = std::equal_range(replicates.begin(), replicates.end(), estimate);
  const double size = static_cast<double>(replicates.size());
  const double below = (static_cast<double>(first - replicates.begin()) + static_cast<double>(last - replicates.begin())) / (2 * size);
  const double bias = normal_quantile(std::clamp(below, 0.5 / size, 1 - 0.5 / size));
  double acceleration = 0;
  if (!jackknife.empty()) {
    const double n = static_cast<double>(jackknife.size());
    const double mean = std::accumulate(jackknife.begin(), jackknife.end(), 0.0) / n;
    double cubes = 0, squares = 0;
    for (const double value : jackknife) cubes += std::pow(mean - value, 3), squares += std::pow(mean - value, 2);
    if (squares > 0) acceleration = cubes / (6 * std::pow(squares, 1.5));
  }
  const auto level = [&](double tail) {
    const double z = bias + normal_quantile(tail);
    return normal_tail(-(bias + z / (1 - acceleration * z)));
  };
  const double tail = (1 - confidence) / 2;
  return {quantile(replicates, level(tail)), quantile(replicates, level(1 - tail))};
}

Interval bootstrap(size_t rows, const RowStatistic& statistic, const BootstrapOptions& options) {
  std::vector<uint32_t> all(rows);
  std::iota(all.begin(), all.end(), uint32_t{0});
  const double estimate = statistic(all);
  if (rows == 0) return {estimate, estimate};

  Random random(options.seed);
  std::vector<double> replicates;
  std::vector<uint32_t> drawn(rows);
  for (int i = 0; i < options.resamples; ++i) {
    for (uint32_t& row : drawn) row = static_cast<uint32_t>(random.below(rows));
    replicates.push_back(statistic(drawn));
  }

  const size_t groups = std::min(rows, static_cast<size_t>(options.jackknife_groups));
  std::vector<double> jackknife;
  // Row i is left out with group i mod groups: rows are often sorted, groups must not be.
  for (size_t group = 0; group < groups; ++group) {
    drawn.clear();
    for (size_t row = 0; row < rows; ++row)
      if (row % groups != group) drawn.push_back(static_cast<uint32_t>(row));
    if (const double value = statistic(drawn); std::isfinite(value)) jackknife.push_back(value);
  }
  return bca(estimate, std::move(replicates), jackknife, options.confidence);
}

double exchange_quantile(size_t rows, const ExchangedDifference& difference, double tail, const BootstrapOptions& options) {
  Random random(options.seed);
  std::vector<uint32_t> first(rows), second(rows);
  std::vector<double> differences;
  for (int i = 0; i < options.resamples; ++i) {
    for (uint32_t row = 0; row < rows; ++row) {
      const bool exchanged = random.below(2) == 1;
      const auto other = static_cast<uint32_t>(row + rows);
      first[row] = exchanged ? other : row, second[row] = exchanged ? row : other;
    }
    // What is undefined for this exchange counts against a claim.
    const double value = difference(first, second);
    differences.push_back(std::isfinite(value) ? value : std::numeric_limits<double>::infinity());
  }
  const auto rank = static_cast<size_t>(tail * (options.resamples + 1));
  if (rank == 0) return std::numeric_limits<double>::infinity();
  std::nth_element(differences.begin(), differences.begin() + static_cast<std::ptrdiff_t>(rank - 1), differences.end(), std::greater<>());
  return differences[rank - 1];
}

}  // namespace mlopsctl::stats
