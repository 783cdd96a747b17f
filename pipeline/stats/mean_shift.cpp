#include "pipeline/stats/mean_shift.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

#include "pipeline/base/random.hpp"
#include "pipeline/stats/normal.hpp"

namespace mlopsctl::stats {
namespace {

using Vector = std::vector<double>;

Vector sum_of(std::span<const float> rows, size_t width) {
  Vector sum(width, 0);
  for (size_t at = 0; at < rows.size(); ++at) sum[at % width] += static_cast<double>(rows[at]);
  return sum;
}

// Adds the products of the rows less their mean to `into`, width x width.
void add_products(std::span<const float> rows, const Vector& sum, size_t width, Vector& into) {
  const double n = static_cast<double>(rows.size() / width);
  Vector centred(width);
  for (size_t row = 0; row < rows.size(); row += width) {
    for (size_t k = 0; k < width; ++k) centred[k] = static_cast<double>(rows[row + k]) - sum[k] / n;
    for (size_t i = 0; i < width; ++i)
      for (size_t j = 0; j < width; ++j) into[i * width + j] += centred[i] * centred[j];
  }
}

double largest_eigenvalue(const Vector& matrix, size_t width) {
  Vector x(width, 1), next(width);
  double value = 0;
  for (int step = 0; step < 60; ++step) {
    for (size_t i = 0; i < width; ++i) next[i] = std::inner_product(x.begin(), x.end(), matrix.begin() + static_cast<std::ptrdiff_t>(i * width), 0.0);
    value = std::sqrt(std::inner_product(next.begin(), next.end(), next.begin(), 0.0));
    if (value == 0) return 0;
    for (size_t i = 0; i < width; ++i) x[i] = next[i] / value;
  }
  return value;
}

double distance(const Vector& part, double part_rows, const Vector& whole, double other_rows) {
  double sum = 0;
  for (size_t k = 0; k < part.size(); ++k) {
    const double gap = part[k] / part_rows - (whole[k] - part[k]) / other_rows;
    sum += gap * gap;
  }
  return sum;
}

}  // namespace

double MeanShift::seen_from(double chance) const {
  if (trace <= 0) return 1;
  // The statistic's mean rises by the squared shift; along the widest direction its variance by 4 shift^2 largest (1/n + 1/m).
  const double z = normal_quantile(chance);
  double low = 0, high = 1;
  for (int step = 0; step < 50; ++step) {
    const double middle = (low + high) / 2, squared = middle * middle * trace;
    (mean + squared - z * std::sqrt(variance + 4 * squared * largest * doubt) < critical ? low : high) = middle;
  }
  return high;
}

MeanShift compare_clouds(std::span<const float> first, std::span<const float> second, size_t width, double alpha, int permutations, uint64_t seed) {
  MeanShift result;
  if (width == 0 || first.size() < 2 * width || second.size() < 2 * width) return result;
  if (second.size() < first.size()) std::swap(first, second);  // the smaller side is dealt
  const size_t dealt = first.size() / width, rows = dealt + second.size() / width;
  const double n = static_cast<double>(dealt), m = static_cast<double>(rows) - n;
  std::vector<float> all(first.begin(), first.end());
  all.insert(all.end(), second.begin(), second.end());
  const Vector whole = sum_of(all, width), one = sum_of(first, width);
  result.statistic = distance(one, n, whole, m);

  Vector covariance(width * width, 0);
  add_products(first, one, width, covariance);
  add_products(second, sum_of(second, width), width, covariance);
  double squares = 0;
  for (double& value : covariance) value /= n + m - 2, squares += value * value;
  for (size_t k = 0; k < width; ++k) result.trace += covariance[k * width + k];
  if (result.trace <= 0 && result.statistic <= 0) return result;
  result.largest = largest_eigenvalue(covariance, width);
  result.doubt = 1 / n + 1 / m;
  result.mean = result.trace * result.doubt;
  result.variance = 2 * squares * result.doubt * result.doubt;
  result.effect = result.trace > 0 ? std::sqrt(std::max(0.0, result.statistic - result.mean) / result.trace) : 1;

  Random random(seed);
  std::vector<size_t> order(rows);
  std::iota(order.begin(), order.end(), size_t{0});
  std::vector<double> drawn;
  std::vector<float> part(width);
  for (int i = 0; i < permutations; ++i) {
    std::fill(part.begin(), part.end(), 0.0F);
    for (size_t k = 0; k < dealt; ++k) {
      std::swap(order[k], order[k + random.below(rows - k)]);
      const float* row = all.data() + order[k] * width;
      for (size_t j = 0; j < width; ++j) part[j] += row[j];
    }
    drawn.push_back(distance(Vector(part.begin(), part.end()), n, whole, m));
  }
  // A hair below, for sums of the same terms in another order.
  const auto as_large = std::count_if(drawn.begin(), drawn.end(), [&](double each) { return each >= result.statistic * (1 - 1e-6); });
  result.p = (static_cast<double>(as_large) + 1) / (permutations + 1);
  // p <= alpha asks for fewer than alpha (permutations + 1) as large.
  const auto most = static_cast<size_t>(alpha * (permutations + 1));
  std::sort(drawn.begin(), drawn.end(), std::greater<>());
  result.critical = most == 0 ? std::numeric_limits<double>::infinity() : drawn[std::min(drawn.size(), most) - 1];
  return result;
}

}  // namespace mlopsctl::stats
