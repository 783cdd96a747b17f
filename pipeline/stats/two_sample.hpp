// Did two samples come from the same place? Each test gives its statistic, its p-value and an effect size that does not grow with the
// number of rows, so that a caller can ask for both a small p and a large effect.
#pragma once

#include <cstdint>
#include <span>

namespace mlopsctl::stats {

struct TestResult {
  double statistic = 0;
  double p = 1;       // two-sided
  double effect = 0;  // named at each test
};

// Upper tail of the chi-square distribution.
double chi_square_tail(double statistic, double degrees);

// Pearson's chi-square test of homogeneity for two rows of counts over the same categories; categories empty in both are left out.
// Effect: total variation distance, half the sum of |share - share|. Approximate: `least_expected` below 5 makes p unreliable.
struct CategoryResult : TestResult {
  double degrees = 0;
  double least_expected = 0;
};
CategoryResult compare_categories(std::span<const int64_t> first, std::span<const int64_t> second);

// The same test's p where counts are too small for the chi-square distribution: the share of `permutations` deals of the same rows, as many to each
// side as now, whose statistic is as large; (k + 1) / (permutations + 1), so it keeps its error rate whatever the counts (Phipson & Smyth 2010).
double permuted_categories_p(std::span<const int64_t> first, std::span<const int64_t> second, int permutations, uint64_t seed);

// Population stability index of shares (Yurdakul 2018); 0.5 is added to every count so that empty categories stay finite.
double stability_index(std::span<const int64_t> first, std::span<const int64_t> second);

// Two-sample Kolmogorov-Smirnov test for two histograms over the same bins in rising order. Statistic and effect: the largest distance of
// the cumulative shares at bin ends, so p is on the safe side (too large) when a bin holds different values. p is exact by path counting
// (Hodges 1958) up to 10,000 pairs of rows, else Kolmogorov's limit with Stephens' (1970) correction.
TestResult compare_distributions(std::span<const int64_t> first, std::span<const int64_t> second);

// P(D >= statistic) for two samples without ties.
double kolmogorov_smirnov_p(double statistic, int64_t first_rows, int64_t second_rows);

// Difference of two means from n, mean and variance (n - 1), large-sample normal approximation (Welch's statistic).
// Effect: |mean - mean|. Both variances 0: p is 1 when the means agree, else 0.
struct Moments {
  int64_t n = 0;
  double mean = 0, variance = 0;
};
TestResult compare_means(const Moments& first, const Moments& second);

}  // namespace mlopsctl::stats
