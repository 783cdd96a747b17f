#include "pipeline/stats/mean_shift.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

#include <boost/math/special_functions/gamma.hpp>

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

// Evenly likely values of a gamma variable with this mean and variance.
Vector spread_of_others(double mean, double variance) {
  constexpr int values = 256;
  if (mean <= 0 || variance <= 0) return {std::max(0.0, mean)};
  Vector all;
  for (int i = 0; i < values; ++i) all.push_back(variance / mean * boost::math::gamma_p_inv(mean * mean / variance, (i + 0.5) / values));
  return all;
}

// Where what holds at `low` no longer holds.
double crossing(double low, double high, const std::function<bool(double)>& holds) {
  for (int step = 0; step < 32; ++step) {
    const double middle = (low + high) / 2;
    (holds(middle) ? low : high) = middle;
  }
  return high;
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

double MeanShift::seen_from(double chance, double alpha) const {
  if (trace <= 0) return 1;
  const double along = std::sqrt(largest * doubt);
  const auto others = spread_of_others((trace - largest) * doubt, 2 * (squares - largest * largest) * doubt * doubt);
  const auto seen = [&](double shift, double critical) {
    double sum = 0;
    for (const double other : others) {
      const double left = std::sqrt(std::max(0.0, critical - other));
      sum += left == 0 ? 1 : normal_tail((left - shift) / along) + normal_tail((left + shift) / along);
    }
    return sum / static_cast<double>(others.size());
  };
  // The statistic that alpha asks for lies far below this.
  const double critical = crossing(0, 1000 * trace * doubt, [&](double value) { return seen(0, value) > alpha; });
  return crossing(0, 1, [&](double effect) { return seen(effect * std::sqrt(trace), critical) < chance; });
}

MeanShift compare_clouds(std::span<const float> first, std::span<const float> second, size_t width, int permutations, uint64_t seed) {
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
  for (double& value : covariance) value /= n + m - 2, result.squares += value * value;
  for (size_t k = 0; k < width; ++k) result.trace += covariance[k * width + k];
  if (result.trace <= 0 && result.statistic <= 0) return result;
  result.largest = largest_eigenvalue(covariance, width);
  result.doubt = 1 / n + 1 / m;
  result.effect = result.trace > 0 ? std::sqrt(std::max(0.0, result.statistic / result.trace - result.doubt)) : 1;

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
  return result;
}

}  // namespace mlopsctl::stats
