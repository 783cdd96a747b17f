#include "pipeline/stats/two_sample.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <vector>

#include <boost/math/special_functions/gamma.hpp>

#include "pipeline/base/random.hpp"

namespace mlopsctl::stats {
namespace {

constexpr int64_t kExactPairs = 10'000;

int64_t total(std::span<const int64_t> counts) { return std::accumulate(counts.begin(), counts.end(), int64_t{0}); }

// Share of the paths from (0, 0) to (first, second) that leave the band |i/first - j/second| < d, as P(D >= d).
double exact_tail(int64_t distance, int64_t first, int64_t second) {
  // `distance` is d * first * second, a whole number: comparing in integers keeps rounding out of ">=".
  std::vector<double> inside(static_cast<size_t>(second) + 1, 0);
  const auto outside = [&](int64_t i, int64_t j) { return std::abs(i * second - j * first) >= distance; };
  for (int64_t i = 0; i <= first; ++i) {
    for (int64_t j = 0; j <= second; ++j) {
      double& cell = inside[static_cast<size_t>(j)];
      const double steps = static_cast<double>(i + j);
      if (i + j == 0) cell = 1;
      else if (outside(i, j)) cell = 0;
      else cell = cell * static_cast<double>(i) / steps + (j > 0 ? inside[static_cast<size_t>(j - 1)] * static_cast<double>(j) / steps : 0);
    }
  }
  return std::clamp(1 - inside.back(), 0.0, 1.0);
}

double limit_tail(double lambda) {
  if (lambda < 0.2) return 1;
  double sum = 0;
  for (int k = 1; k <= 100; ++k) {
    const double term = std::exp(-2.0 * k * k * lambda * lambda);
    sum += k % 2 == 1 ? term : -term;
    if (term < 1e-17) break;
  }
  return std::clamp(2 * sum, 0.0, 1.0);
}

}  // namespace

double chi_square_tail(double statistic, double degrees) {
  if (degrees <= 0 || statistic <= 0) return 1;
  return boost::math::gamma_q(degrees / 2, statistic / 2);
}

CategoryResult compare_categories(std::span<const int64_t> first, std::span<const int64_t> second) {
  CategoryResult result;
  const double n = static_cast<double>(total(first)), m = static_cast<double>(total(second));
  if (n == 0 || m == 0) return result;
  result.degrees = -1;
  result.least_expected = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < first.size(); ++i) {
    const double a = static_cast<double>(first[i]), b = static_cast<double>(second[i]);
    if (a + b == 0) continue;
    const double expected_a = (a + b) * n / (n + m), expected_b = (a + b) * m / (n + m);
    result.statistic += (a - expected_a) * (a - expected_a) / expected_a + (b - expected_b) * (b - expected_b) / expected_b;
    result.effect += std::abs(a / n - b / m) / 2;
    result.least_expected = std::min({result.least_expected, expected_a, expected_b});
    result.degrees += 1;
  }
  result.p = chi_square_tail(result.statistic, result.degrees);
  return result;
}

double permuted_categories_p(std::span<const int64_t> first, std::span<const int64_t> second, int permutations, uint64_t seed) {
  const int64_t n = total(first), m = total(second);
  if (n == 0 || m == 0) return 1;
  std::vector<size_t> rows;  // the category of every row
  std::vector<int64_t> both(first.size());
  for (size_t k = 0; k < first.size(); ++k) {
    both[k] = first[k] + second[k];
    rows.insert(rows.end(), static_cast<size_t>(both[k]), k);
  }
  const double now = compare_categories(first, second).statistic;
  const size_t dealt = static_cast<size_t>(std::min(n, m));  // the smaller side; the other gets the rest
  Random random(seed);
  std::vector<int64_t> one(both.size()), other(both.size());
  int as_large = 0;
  for (int i = 0; i < permutations; ++i) {
    std::fill(one.begin(), one.end(), 0);
    for (size_t k = 0; k < dealt; ++k) {
      std::swap(rows[k], rows[k + random.below(rows.size() - k)]);
      ++one[rows[k]];
    }
    for (size_t k = 0; k < both.size(); ++k) other[k] = both[k] - one[k];
    // A hair below, for sums of the same terms in another order.
    as_large += compare_categories(one, other).statistic >= now * (1 - 1e-12);
  }
  return (as_large + 1.0) / (permutations + 1.0);
}

double stability_index(std::span<const int64_t> first, std::span<const int64_t> second) {
  const double categories = static_cast<double>(first.size());
  const double n = static_cast<double>(total(first)) + categories / 2, m = static_cast<double>(total(second)) + categories / 2;
  double sum = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    const double a = (static_cast<double>(first[i]) + 0.5) / n, b = (static_cast<double>(second[i]) + 0.5) / m;
    sum += (b - a) * std::log(b / a);
  }
  return sum;
}

double kolmogorov_smirnov_p(double statistic, int64_t first_rows, int64_t second_rows) {
  if (first_rows == 0 || second_rows == 0 || statistic <= 0) return 1;
  if (first_rows * second_rows <= kExactPairs) {
    const double pairs = static_cast<double>(first_rows * second_rows);
    return exact_tail(std::llround(statistic * pairs), first_rows, second_rows);
  }
  const double n = static_cast<double>(first_rows), m = static_cast<double>(second_rows);
  const double root = std::sqrt(n * m / (n + m));
  return limit_tail((root + 0.12 + 0.11 / root) * statistic);
}

TestResult compare_distributions(std::span<const int64_t> first, std::span<const int64_t> second) {
  TestResult result;
  const int64_t n = total(first), m = total(second);
  if (n == 0 || m == 0) return result;
  int64_t seen_first = 0, seen_second = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    seen_first += first[i];
    seen_second += second[i];
    result.statistic = std::max(result.statistic,
                                std::abs(static_cast<double>(seen_first) / static_cast<double>(n) - static_cast<double>(seen_second) / static_cast<double>(m)));
  }
  result.effect = result.statistic;
  result.p = kolmogorov_smirnov_p(result.statistic, n, m);
  return result;
}

TestResult compare_means(const Moments& first, const Moments& second) {
  TestResult result;
  if (first.n == 0 || second.n == 0) return result;
  const double difference = second.mean - first.mean;
  result.effect = std::abs(difference);
  const double error = std::sqrt(first.variance / static_cast<double>(first.n) + second.variance / static_cast<double>(second.n));
  if (error == 0) {
    result.p = difference == 0 ? 1 : 0;
    return result;
  }
  result.statistic = difference / error;
  result.p = std::erfc(std::abs(result.statistic) / std::sqrt(2.0));
  return result;
}

}  // namespace mlopsctl::stats
