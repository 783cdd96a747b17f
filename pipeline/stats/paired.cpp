#include "pipeline/stats/paired.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/math/special_functions/beta.hpp>

#include "pipeline/stats/normal.hpp"

namespace mlopsctl::stats {
namespace {

// P(X = k) for X ~ Binomial(n, p).
double binomial_mass(int64_t k, int64_t n, double p) {
  if (p <= 0) return k == 0;
  if (p >= 1) return k == n;
  return boost::math::ibeta_derivative(static_cast<double>(k + 1), static_cast<double>(n - k + 1), p) / static_cast<double>(n + 1);
}

// The fewest wins of `discordant` fair rows that are refused at alpha; discordant + 1 when none are.
int64_t critical_wins(int64_t discordant, double alpha) {
  const auto refused = [&](int64_t wins) { return binomial_at_most(discordant - wins, discordant, 0.5) <= alpha; };
  const double n = static_cast<double>(discordant);
  const double z = normal_quantile(1 - alpha);
  int64_t wins = std::clamp<int64_t>(std::llround(n / 2 + z * std::sqrt(n) / 2), 0, discordant + 1);  // then by steps, which are few
  while (wins > 0 && refused(wins - 1)) --wins;
  while (wins <= discordant && !refused(wins)) ++wins;
  return wins;
}

}  // namespace

double tango_z(int64_t only_first, int64_t only_second, int64_t rows, double at) {
  if (rows <= 0) return 0;
  const double b = static_cast<double>(only_first), c = static_cast<double>(only_second), n = static_cast<double>(rows);
  const double top = b - c - n * at;
  // The share of rows for the second alone that fits best where the difference is `at`.
  const double linear = -b - c + (2 * n - b + c) * at, constant = -c * at * (1 - at);
  const double share = std::max(0.0, (std::sqrt(std::max(0.0, linear * linear - 8 * n * constant)) - linear) / (4 * n));
  const double variance = n * (2 * share + at * (1 - at));
  if (variance <= 0) return top == 0 ? 0 : std::copysign(std::numeric_limits<double>::infinity(), top);
  return top / std::sqrt(variance);
}

Interval tango(int64_t only_first, int64_t only_second, int64_t rows, double confidence) {
  if (rows <= 0) return {-1, 1};
  const double z = normal_quantile((1 + confidence) / 2);
  const double estimate = static_cast<double>(only_first - only_second) / static_cast<double>(rows);
  // tango_z falls as `at` rises.
  const auto bound = [&](double inside, double outside) {
    if (std::abs(tango_z(only_first, only_second, rows, outside)) < z) return outside;
    for (int step = 0; step < 100; ++step) {
      const double middle = (inside + outside) / 2;
      (std::abs(tango_z(only_first, only_second, rows, middle)) < z ? inside : outside) = middle;
    }
    return inside;
  };
  return {bound(estimate, -1), bound(estimate, 1)};
}

double mcnemar_power(int64_t rows, double discordant, double difference, double alpha) {
  if (rows <= 0 || discordant <= 0) return 0;
  const double n = static_cast<double>(rows), win = (discordant + difference) / (2 * discordant);
  const double middle = n * discordant, reach = 9 * std::sqrt(n * discordant * (1 - discordant)) + 1;
  const int64_t first = std::max<int64_t>(0, static_cast<int64_t>(middle - reach)), last = std::min(rows, static_cast<int64_t>(middle + reach));
  double power = 0;
  int64_t needed = critical_wins(first, alpha);
  for (int64_t d = first; d <= last; ++d) {
    // With one more discordant row the critical number stays or rises by one.
    if (d > first && (needed > d || binomial_at_most(d - needed, d, 0.5) > alpha)) ++needed;
    if (needed > d) continue;
    power += binomial_mass(d, rows, discordant) * (needed == 0 ? 1 : 1 - binomial_at_most(needed - 1, d, win));
  }
  return std::min(1.0, power);
}

int64_t mcnemar_rows(double discordant, double difference, double alpha, double power, int64_t most) {
  if (difference <= 0) return most;
  int64_t enough = 16;
  while (enough < most && mcnemar_power(enough, discordant, difference, alpha) < power) enough *= 2;
  if (enough >= most) return most;
  int64_t few = enough / 2;
  while (enough - few > std::max<int64_t>(1, enough / 1000)) {
    const int64_t middle = (few + enough) / 2;
    (mcnemar_power(middle, discordant, difference, alpha) < power ? few : enough) = middle;
  }
  return enough;
}

double mcnemar_smallest_difference(int64_t rows, double discordant, double alpha, double power) {
  if (mcnemar_power(rows, discordant, discordant, alpha) < power) return discordant;
  double unseen = 0, seen = discordant;
  for (int step = 0; step < 40 && seen - unseen > 1e-6; ++step) {
    const double middle = (unseen + seen) / 2;
    (mcnemar_power(rows, discordant, middle, alpha) < power ? unseen : seen) = middle;
  }
  return seen;
}

double likely_discordance(int64_t discordant, int64_t rows, double least) {
  const Interval interval = wilson(discordant, rows);
  return std::max(least, (interval.low + interval.high) / 2);
}

double difference_error(int64_t rows, double discordant, double difference) {
  return std::sqrt(std::max(0.0, discordant - difference * difference) / static_cast<double>(rows));
}

}  // namespace mlopsctl::stats
