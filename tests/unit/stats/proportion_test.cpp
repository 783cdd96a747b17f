#include "pipeline/stats/proportion.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/random.hpp"

namespace mlopsctl::stats {
namespace {

// Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3; digits beyond the paper's from SciPy 1.17.
TEST(Wilson, AgreesWithNewcombe) {
  EXPECT_NEAR(wilson(81, 263).low, 0.2552885198782742, 1e-12);
  EXPECT_NEAR(wilson(81, 263).high, 0.36620957698280004, 1e-12);
  EXPECT_EQ(wilson(0, 20).low, 0);
  EXPECT_NEAR(wilson(0, 20).high, 0.16112515805281935, 1e-12);
  EXPECT_NEAR(wilson(1, 29).low, 0.006113214292762667, 1e-12);
  EXPECT_NEAR(wilson(1, 29).high, 0.17175521879320282, 1e-12);
  EXPECT_EQ(wilson(20, 20).high, 1);
}

TEST(Wilson, SaysNothingWithoutTrials) {
  EXPECT_EQ(wilson(0, 0).low, 0);
  EXPECT_EQ(wilson(0, 0).high, 1);
}

// Fay 2011, exact2x2 vignette: 9 against 2 discordant pairs, p = 0.06543.
TEST(McNemar, AgreesWithFay) {
  EXPECT_NEAR(mcnemar_exact(9, 2).two_sided, 0.0654296875, 1e-14);
  EXPECT_NEAR(mcnemar_exact(2, 9).two_sided, 0.0654296875, 1e-14);
  EXPECT_NEAR(mcnemar_exact(2, 9).first_worse, 0.0654296875 / 2, 1e-14);
  EXPECT_GT(mcnemar_exact(9, 2).first_worse, 0.9);
}

// Agresti, Categorical Data Analysis, table 10.1: 150 against 86; p from SciPy 1.17 binomtest.
TEST(McNemar, AgreesWithSciPy) { EXPECT_NEAR(mcnemar_exact(150, 86).two_sided, 3.7159361395713866e-05, 1e-16); }

TEST(McNemar, CannotTellWithoutDiscordantRows) {
  EXPECT_EQ(mcnemar_exact(0, 0).two_sided, 1);
  EXPECT_EQ(mcnemar_exact(4, 4).two_sided, 1);
}

// Two equally good models with 8 % discordant rows: the one-sided test at 0.05 is wrong at most that often.
TEST(McNemar, KeepsItsErrorRate) {
  Random random(1);
  int alarms = 0;
  constexpr int kTrials = 4000;
  for (int trial = 0; trial < kTrials; ++trial) {
    int64_t first = 0, second = 0;
    for (int row = 0; row < 1000; ++row) {
      const double drawn = random.uniform();
      if (drawn < 0.04) ++first;
      else if (drawn < 0.08) ++second;
    }
    alarms += mcnemar_exact(first, second).first_worse < 0.05;
  }
  EXPECT_GT(alarms, kTrials * 0.025);
  EXPECT_LT(alarms, kTrials * 0.055);
}

}  // namespace
}  // namespace mlopsctl::stats
