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

}  // namespace
}  // namespace mlopsctl::stats
