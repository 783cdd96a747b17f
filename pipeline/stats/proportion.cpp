#include "pipeline/stats/proportion.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/special_functions/beta.hpp>

#include "pipeline/stats/normal.hpp"

namespace mlopsctl::stats {

Interval wilson(int64_t successes, int64_t trials, double confidence) {
  if (trials <= 0) return {};
  const double z = normal_quantile((1 + confidence) / 2);
  const double n = static_cast<double>(trials);
  const double share = static_cast<double>(successes) / n;
  const double centre = (share + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  return {successes == 0 ? 0 : std::max(0.0, centre - half), successes == trials ? 1 : std::min(1.0, centre + half)};
}

double binomial_at_most(int64_t successes, int64_t trials, double share) {
  if (successes < 0) return 0;
  if (successes >= trials) return 1;
  return boost::math::ibetac(static_cast<double>(successes + 1), static_cast<double>(trials - successes), share);
}

double seen_below(int64_t trials, double floor, double alpha, double power) {
  // The most successes that are refused.
  int64_t low = -1, high = trials;
  while (low < high) {
    const int64_t middle = low + (high - low + 1) / 2;
    if (binomial_at_most(middle, trials, floor) <= alpha) low = middle;
    else high = middle - 1;
  }
  if (low < 0) return 0;
  // At most so many succeed where at least the rest fail.
  return 1 - share_reaching(trials - low, trials, power);
}

double share_reaching(int64_t least, int64_t trials, double power) {
  if (least <= 0) return 0;
  if (least > trials) return 1;
  return boost::math::ibeta_inv(static_cast<double>(least), static_cast<double>(trials - least + 1), power);
}

McNemar mcnemar_exact(int64_t only_first, int64_t only_second) {
  const int64_t discordant = only_first + only_second;
  if (discordant == 0) return {};
  const double tail = binomial_at_most(std::min(only_first, only_second), discordant, 0.5);
  return {std::min(1.0, 2 * tail), binomial_at_most(only_first, discordant, 0.5)};
}

}  // namespace mlopsctl::stats
