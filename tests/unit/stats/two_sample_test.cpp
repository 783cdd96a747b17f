#include "pipeline/stats/two_sample.hpp"

#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/base/random.hpp"

namespace mlopsctl::stats {
namespace {

using Counts = std::vector<int64_t>;

// NIST/SEMATECH e-Handbook, table 1.3.6.7.4: upper 5 % points 3.841 (1 degree of freedom) and 9.488 (4).
TEST(ChiSquareTail, AgreesWithTheTable) {
  EXPECT_NEAR(chi_square_tail(3.841458820694124, 1), 0.05, 1e-14);
  EXPECT_NEAR(chi_square_tail(9.487729036781154, 4), 0.05, 1e-14);
  EXPECT_NEAR(chi_square_tail(200, 3) / 4.218541107192018e-43, 1, 1e-10);
}

// SciPy 1.17: chi2_contingency([[30, 50, 20], [60, 70, 70]], correction=False)
TEST(CompareCategories, AgreesWithSciPy) {
  const auto result = compare_categories(Counts{30, 50, 20}, Counts{60, 70, 70});
  EXPECT_NEAR(result.statistic, 8.75, 1e-12);
  EXPECT_NEAR(result.p, 0.012588142242433998, 1e-14);
  EXPECT_EQ(result.degrees, 2);
  EXPECT_EQ(result.least_expected, 30);
  EXPECT_NEAR(result.effect, (0.0 + 0.15 + 0.15) / 2, 1e-12);
}

// Fisher's exact test is the limit for two by two: SciPy 1.17, fisher_exact([[3, 9], [9, 4]]) = 0.0471..., two-sided by probability.
TEST(PermutedCategories, IsNearFishersExactTest) {
  const double p = permuted_categories_p(Counts{3, 9}, Counts{9, 4}, 20'000, 1);
  EXPECT_NEAR(p, 0.0471, 0.006);
  EXPECT_EQ(p, permuted_categories_p(Counts{3, 9}, Counts{9, 4}, 20'000, 1)) << "the same for the same seed";
}

// Ten labels, 30 rows against 200: no more alarms than alpha.
TEST(PermutedCategories, KeepsItsErrorRateOnSmallCounts) {
  Random random(11);
  int alarms = 0;
  constexpr int trials = 400;
  for (int trial = 0; trial < trials; ++trial) {
    Counts first(10), second(10);
    for (int row = 0; row < 30; ++row) ++first[random.below(10)];
    for (int row = 0; row < 200; ++row) ++second[random.below(10)];
    alarms += permuted_categories_p(first, second, 199, static_cast<uint64_t>(trial)) <= 0.05;
  }
  EXPECT_LT(alarms, trials * 0.09);
  EXPECT_GT(alarms, trials * 0.02);
}

TEST(CompareCategories, LeavesOutCategoriesEmptyInBoth) {
  EXPECT_EQ(compare_categories(Counts{30, 0, 20}, Counts{60, 0, 70}).degrees, 1);
  EXPECT_EQ(compare_categories(Counts{30, 0}, Counts{60, 0}).p, 1);
  EXPECT_EQ(compare_categories(Counts{0, 0}, Counts{60, 4}).p, 1);
}

TEST(StabilityIndex, IsZeroForEqualSharesAndGrowsWithTheShift) {
  EXPECT_NEAR(stability_index(Counts{50, 50}, Counts{50, 50}), 0, 1e-15);
  EXPECT_LT(stability_index(Counts{50, 50}, Counts{60, 40}), stability_index(Counts{50, 50}, Counts{80, 20}));
}

// Each value its own bin: the samples of SciPy 1.17's ks_2samp(method="exact").
Counts bins(const std::vector<double>& sample, const std::vector<double>& all) {
  Counts counts(all.size(), 0);
  for (const double value : sample)
    for (size_t i = 0; i < all.size(); ++i) counts[i] += all[i] == value;
  return counts;
}

TEST(CompareDistributions, AgreesWithSciPyExactly) {
  const std::vector<double> all{1, 2, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9.5};
  const auto result = compare_distributions(bins({1, 2, 3, 4, 5, 6, 7, 8}, all), bins({3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5}, all));
  EXPECT_NEAR(result.statistic, 0.375, 1e-15);
  EXPECT_NEAR(result.p, 0.5076923076923078, 1e-13);
  EXPECT_NEAR(kolmogorov_smirnov_p(0.5, 10, 10), 0.16782134274394334, 1e-13);
}

// SciPy 1.17 kstwo.sf(d, n m / (n + m)); Stephens' correction stays within 5 % of it.
TEST(CompareDistributions, LargeSamplesAgreeWithSciPy) {
  EXPECT_NEAR(kolmogorov_smirnov_p(0.05, 1000, 2000) / 0.0688387216652675, 1, 0.05);
  EXPECT_NEAR(kolmogorov_smirnov_p(0.1, 400, 500) / 0.02194655341360129, 1, 0.05);
  EXPECT_NEAR(kolmogorov_smirnov_p(0.03, 5000, 5000) / 0.02176705196743979, 1, 0.05);
}

TEST(CompareDistributions, KeepsItsErrorRate) {
  Random random(7);
  int alarms = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    Counts first(200, 0), second(200, 0);
    for (int i = 0; i < 150; ++i) ++first[random.below(200)];
    for (int i = 0; i < 250; ++i) ++second[random.below(200)];
    alarms += compare_distributions(first, second).p < 0.05;
  }
  EXPECT_LT(alarms, kTrials * 0.06);
  EXPECT_GT(alarms, kTrials * 0.02);
}

TEST(CompareDistributions, NeedsRowsOnBothSides) { EXPECT_EQ(compare_distributions(Counts{0, 0}, Counts{3, 4}).p, 1); }

TEST(CompareMeans, IsWelchsStatistic) {
  const auto result = compare_means({100, 0.3, 0.04}, {200, 0.35, 0.09});
  EXPECT_NEAR(result.p, 0.08634782098366255, 1e-14);  // SciPy 1.17 norm.sf
  EXPECT_NEAR(result.effect, 0.05, 1e-15);
  EXPECT_EQ(compare_means({10, 0.5, 0}, {10, 0.5, 0}).p, 1);
  EXPECT_EQ(compare_means({10, 0.5, 0}, {10, 0.6, 0}).p, 0);
}

}  // namespace
}  // namespace mlopsctl::stats
