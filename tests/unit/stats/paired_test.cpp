#include "pipeline/stats/paired.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "pipeline/base/random.hpp"

namespace mlopsctl::stats {
namespace {

// One point better with 8 % discordant rows: what it takes to see that.
TEST(McNemarPower, RisesWithTheRows) {
  EXPECT_NEAR(mcnemar_power(500, 0.08, 0.01, 0.05), 0.16, 0.01);
  EXPECT_NEAR(mcnemar_power(1000, 0.08, 0.01, 0.05), 0.26, 0.01);
  EXPECT_NEAR(mcnemar_power(2000, 0.08, 0.01, 0.05), 0.44, 0.01);
  EXPECT_NEAR(mcnemar_power(5000, 0.08, 0.01, 0.05), 0.79, 0.01);
  EXPECT_NEAR(mcnemar_power(10000, 0.08, 0.01, 0.05), 0.97, 0.01);
}

TEST(McNemarPower, IsAtMostAlphaWithoutADifference) {
  for (const int64_t rows : {20, 100, 1464, 20000}) EXPECT_LE(mcnemar_power(rows, 0.1, 0, 0.05), 0.05);
}

TEST(McNemarRows, GiveThePowerAskedFor) {
  const int64_t rows = mcnemar_rows(0.08, 0.01, 0.05, 0.8);
  EXPECT_NEAR(static_cast<double>(rows), 5100, 200);
  EXPECT_GE(mcnemar_power(rows, 0.08, 0.01, 0.05), 0.8);
  EXPECT_EQ(mcnemar_rows(0.08, 0, 0.05, 0.8), 100'000'000) << "no number of rows shows that equals differ";
}

TEST(McNemarSmallestDifference, IsWhereThePowerIs) {
  const double smallest = mcnemar_smallest_difference(1464, 0.1, 0.05, 0.8);
  EXPECT_NEAR(mcnemar_power(1464, 0.1, smallest, 0.05), 0.8, 1e-3);
  EXPECT_EQ(mcnemar_smallest_difference(10, 0.1, 0.05, 0.8), 0.1) << "too few rows for any";
}

TEST(Tango, HoldsTheEstimate) {
  const Interval found = tango(30, 20, 1464);
  EXPECT_LT(found.low, 10.0 / 1464);
  EXPECT_GT(found.high, 10.0 / 1464);
  EXPECT_EQ(tango(0, 0, 0).low, -1);
  EXPECT_LT(tango(0, 0, 1000).high, 0.005) << "that they never differed on a thousand rows is evidence";
  EXPECT_GT(tango(0, 0, 1000).high, 0.0);
}

// Equal models, a look after every 200 rows for 30 looks: McNemar at .05 is fooled far more often than one time in twenty, the e-value is not.
TEST(EValue, BearsBeingLookedAtDaily) {
  Random random(3);
  int fooled = 0, test_fooled = 0;
  constexpr int trials = 1000;
  for (int trial = 0; trial < trials; ++trial) {
    int64_t wins = 0, losses = 0;
    bool passed = false, test_passed = false;
    for (int look = 0; look < 30; ++look) {
      for (int row = 0; row < 200; ++row) {
        const double drawn = random.uniform();
        wins += drawn < 0.04;
        losses += drawn >= 0.04 && drawn < 0.08;
      }
      passed = passed || log_e_value_better(wins, losses) >= std::log(20.0);
      test_passed = test_passed || mcnemar_exact(losses, wins).first_worse < 0.05;
    }
    fooled += passed;
    test_fooled += test_passed;
  }
  EXPECT_LT(fooled, trials * 0.05);
  EXPECT_GT(test_fooled, trials * 0.15);
}

TEST(EValue, GrowsWhereThereIsSomethingToSee) {
  EXPECT_EQ(log_e_value_better(0, 0), 0);
  EXPECT_GT(log_e_value_better(120, 60), std::log(1000.0));
  EXPECT_LT(log_e_value_better(60, 120), 0);
}

}  // namespace
}  // namespace mlopsctl::stats
