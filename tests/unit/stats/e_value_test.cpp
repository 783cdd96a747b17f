#include "pipeline/stats/e_value.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/base/random.hpp"

namespace mlopsctl::stats {
namespace {

constexpr double alpha = 0.05;

// How many of `trials` series of rows ever pass 1 / alpha in 30 looks of 200 rows each.
int fooled(uint64_t seed, int trials, double wins, double losses, double border) {
  Random random(seed);
  int count = 0;
  for (int trial = 0; trial < trials; ++trial) {
    double won = 0, lost = 0;
    bool passed = false;
    for (int look = 1; look <= 30; ++look) {
      for (int row = 0; row < 200; ++row) {
        const double drawn = random.uniform();
        if (drawn < wins) ++won;
        else if (drawn < wins + losses) ++lost;
      }
      passed = passed || log_e_value_better(won, lost, 200 * look - won - lost, border) >= -std::log(alpha);
    }
    count += passed;
  }
  return count;
}

TEST(EValue, BearsBeingLookedAtDaily) {
  constexpr int trials = 400;
  EXPECT_LE(fooled(3, trials, 0.04, 0.04, 0), trials * alpha) << "equal models";
  EXPECT_LE(fooled(4, trials, 0.03, 0.04, -0.01), trials * alpha) << "a loss of just what is too much";
  EXPECT_LE(fooled(5, trials, 0.05, 0.03, 0.02), trials * alpha) << "a gain of just what is too little";
}

TEST(EValue, GrowsWhereThereIsSomethingToSee) {
  EXPECT_EQ(log_e_value_better(0, 0, 0, 0), 0);
  EXPECT_NEAR(log_e_value_better(0, 0, 0, 0.01), 0, 1e-12);
  EXPECT_GT(log_e_value_better(120, 60, 0, 0), std::log(1000.0));
  EXPECT_LT(log_e_value_better(60, 120, 0, 0), 0);
  EXPECT_GT(log_e_value_better(0, 0, 1000, -0.01), std::log(20.0)) << "a thousand rows alike rule out a loss of one point";
  EXPECT_EQ(fooled(6, 50, 0.08, 0.02, 0), 50);
}

TEST(EValue, MeetsAtNoBorder) {
  EXPECT_NEAR(log_e_value_better(60, 40, 900, 0), log_e_value_better(60, 40, 900, 1e-9), 1e-4);
  EXPECT_EQ(log_e_value_better(5, 0, 0, 1), 0) << "no gain is larger than 1";
  EXPECT_GT(log_e_value_better(1, 5, 0, -1), 1e9) << "one win is enough against a loss of 1";
}

TEST(EValue, IntervalsAreWhatIsNotRefused) {
  const Interval found = anytime_interval(60, 20, 920, alpha);
  EXPECT_LT(found.low, 0.04);
  EXPECT_GT(found.high, 0.04);
  EXPECT_NEAR(log_e_value_better(60, 20, 920, found.low), -std::log(alpha), 1e-3);
  EXPECT_NEAR(log_e_value_better(20, 60, 920, -found.high), -std::log(alpha), 1e-3);
  const Interval none = anytime_interval(0, 0, 0, alpha);
  EXPECT_NEAR(none.low, -1, 1e-9);
  EXPECT_NEAR(none.high, 1, 1e-9);
}

TEST(EValue, ReachIsWhereItPasses) {
  for (const double border : {-0.01, 0.0, 0.02}) {
    const double gain = border + e_value_reach(2000, 0.1, border, alpha);
    const auto log_e = [&](double seen) { return log_e_value_better(1000 * (0.1 + seen), 1000 * (0.1 - seen), 1800, border); };
    EXPECT_NEAR(log_e(gain), -std::log(alpha), 1e-6);
    EXPECT_LT(log_e(gain - 0.001), -std::log(alpha));
  }
  EXPECT_LT(e_value_reach(8000, 0.1, 0, alpha), e_value_reach(2000, 0.1, 0, alpha));
}

TEST(EValue, HasThePowerItSays) {
  const int64_t rows = e_value_rows(0.1, -0.01, 0.005, alpha, 0.8);
  EXPECT_GE(e_value_power(rows, 0.1, -0.01, 0.005, alpha), 0.8);
  EXPECT_LT(e_value_power(rows * 9 / 10, 0.1, -0.01, 0.005, alpha), 0.8);
  Random random(9);
  int passed = 0;
  constexpr int trials = 400;
  for (int trial = 0; trial < trials; ++trial) {
    double won = 0, lost = 0;
    for (int64_t row = 0; row < rows; ++row) {
      const double drawn = random.uniform();
      won += drawn < 0.0525;
      lost += drawn >= 0.0525 && drawn < 0.1;
    }
    passed += log_e_value_better(won, lost, static_cast<double>(rows) - won - lost, -0.01) >= -std::log(alpha);
  }
  EXPECT_NEAR(static_cast<double>(passed) / trials, 0.8, 0.06) << "three standard errors";
  EXPECT_EQ(e_value_rows(0.1, 0.01, 0.01, alpha, 0.8, 5000), 5000) << "a gain of just the border is never shown";
}

}  // namespace
}  // namespace mlopsctl::stats
