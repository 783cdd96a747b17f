#include "pipeline/stats/detectable.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/random.hpp"
#include "pipeline/stats/two_sample.hpp"

namespace mlopsctl::stats {
namespace {

// A shift as large as the one named is caught at least as often as promised: shares of three labels move by that total variation.
TEST(DetectableCategories, KeepsItsPromise) {
  constexpr int64_t rows = 1000;
  const double shift = detectable_categories(rows, rows, 2, 0.05);
  ASSERT_LT(shift, 0.2);
  Random random(7);
  int caught = 0;
  constexpr int trials = 500;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<int64_t> first(3), second(3);
    for (int64_t row = 0; row < rows; ++row) {
      const double a = random.uniform(), b = random.uniform();
      ++first[a < 0.4 ? 0 : a < 0.7 ? 1 : 2];
      ++second[b < 0.4 - shift ? 0 : b < 0.7 ? 1 : 2];
    }
    caught += compare_categories(first, second).p < 0.05;
  }
  EXPECT_GT(caught, trials * 0.77);
}

TEST(DetectableDistribution, KeepsItsPromise) {
  constexpr int64_t rows = 400;
  const double shift = detectable_distribution(rows, rows, 0.05);
  ASSERT_LT(shift, 0.2);
  Random random(8);
  int caught = 0;
  constexpr int trials = 400, bins = 50;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<int64_t> first(bins), second(bins);
    for (int64_t row = 0; row < rows; ++row) {
      ++first[random.below(bins)];
      // A share of `shift` of the lower half moves to the upper.
      const auto bin = random.below(bins);
      ++second[bin < bins / 2 && random.uniform() < 2 * shift ? bin + bins / 2 : bin];
    }
    caught += compare_distributions(first, second).p < 0.05;
  }
  EXPECT_GT(caught, trials * 0.76);
}

TEST(Detectable, SaysThatNothingCouldBeSeen) {
  EXPECT_EQ(detectable_categories(0, 100, 2, 0.05), 1);
  EXPECT_EQ(detectable_distribution(2, 2, 0.05), 1);
  EXPECT_NEAR(detectable_mean(1, 100, 1, 100, 0.05), (1.959963984540054 + 0.8416212335729143) * 0.1414213562373095, 1e-12);
}

}  // namespace
}  // namespace mlopsctl::stats
