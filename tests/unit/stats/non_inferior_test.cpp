#include "pipeline/stats/non_inferior.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/paired.hpp"

namespace mlopsctl::stats {
namespace {

double log_choose(int64_t n, int64_t k) {
  return std::lgamma(static_cast<double>(n + 1)) - std::lgamma(static_cast<double>(k + 1)) - std::lgamma(static_cast<double>(n - k + 1));
}
double mass(int64_t b, int64_t c, int64_t n, double first, double second) {
  const auto part = [](int64_t count, double share) { return count == 0 ? 0 : static_cast<double>(count) * std::log(share); };
  return std::exp(log_choose(n, b) + log_choose(n - b, c) + part(b, first) + part(c, second) + part(n - b - c, 1 - first - second));
}

// Every table of 30 rows, every tenth of a point of the nuisance share: never refused more often than stated. The normal approximation is.
TEST(BetterByMore, IsNeverRefusedMoreOftenThanStated) {
  constexpr int64_t n = 30;
  for (const double at : {-0.05, -0.1, 0.05}) {
    std::map<std::pair<int64_t, int64_t>, std::pair<double, double>> p;  // exact, approximate
    for (int64_t b = 0; b <= n; ++b)
      for (int64_t c = 0; b + c <= n; ++c) p[{b, c}] = {better_by_more_p(b, c, n, at), normal_tail(tango_z(b, c, n, at))};
    double exact = 0, approximate = 0;
    for (double second = std::max(0.0, -at) + 0.001; second < (1 - at) / 2; second += 0.001) {
      double refused = 0, also = 0;
      for (const auto& [counts, each] : p) {
        const double chance = mass(counts.first, counts.second, n, second + at, second);
        if (each.first <= 0.05) refused += chance;
        if (each.second <= 0.05) also += chance;
      }
      exact = std::max(exact, refused), approximate = std::max(approximate, also);
    }
    EXPECT_LE(exact, 0.05) << at;
    EXPECT_GT(exact, 0.02) << at;
    EXPECT_GT(approximate, 0.052) << at;
  }
}

TEST(BetterByMore, AgreesWithTheApproximationOnManyRows) {
  EXPECT_NEAR(better_by_more_p(800, 800, 20'000, -0.005), normal_tail(tango_z(800, 800, 20'000, -0.005)), 2e-3);
  EXPECT_EQ(better_by_more_p(8000, 8000, 300'000, -0.005), normal_tail(tango_z(8000, 8000, 300'000, -0.005)));
  EXPECT_EQ(better_by_more_p(0, 0, 0, -0.01), 1);
}

}  // namespace
}  // namespace mlopsctl::stats
