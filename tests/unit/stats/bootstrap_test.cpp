#include "pipeline/stats/bootstrap.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "pipeline/base/random.hpp"

namespace mlopsctl::stats {
namespace {

TEST(Bootstrap, IsTheSameForTheSameSeed) {
  const RowStatistic mean = [](std::span<const uint32_t> rows) {
    double sum = 0;
    for (const uint32_t row : rows) sum += row % 7;
    return sum / static_cast<double>(rows.size());
  };
  BootstrapOptions options;
  options.resamples = 200;
  const Interval first = bootstrap(500, mean, options), again = bootstrap(500, mean, options);
  EXPECT_EQ(first.low, again.low);
  EXPECT_EQ(first.high, again.high);
  options.seed = 1;
  EXPECT_NE(bootstrap(500, mean, options).low, first.low);
}

// Accuracy of a model that is right on 80 % of the rows: the interval misses the truth about as often as it says.
TEST(Bootstrap, CoversAsItSays) {
  Random random(5);
  int missed = 0;
  constexpr int trials = 300;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<char> right(200);
    for (char& each : right) each = random.uniform() < 0.8;
    BootstrapOptions options;
    options.resamples = 400;
    options.seed = static_cast<uint64_t>(trial);
    const Interval found = bootstrap(
        right.size(),
        [&](std::span<const uint32_t> rows) {
          int sum = 0;
          for (const uint32_t row : rows) sum += right[row];
          return static_cast<double>(sum) / static_cast<double>(rows.size());
        },
        options);
    missed += found.low > 0.8 || found.high < 0.8;
  }
  EXPECT_GT(missed, trials * 0.015);
  EXPECT_LT(missed, trials * 0.10);
}

TEST(Bca, IsTheEstimateWhereNothingVaries) {
  const Interval found = bca(0.5, {0.5, 0.5, 0.5}, {});
  EXPECT_EQ(found.low, 0.5);
  EXPECT_EQ(found.high, 0.5);
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(bca(0.5, {nothing, nothing}, {}).low, 0.5);
}

}  // namespace
}  // namespace mlopsctl::stats
