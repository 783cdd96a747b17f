// Have the texts moved? Two clouds of vectors, compared by the distance of their means (MMD with a linear kernel, Gretton et al. 2012).
#pragma once

#include <cstdint>
#include <span>

namespace mlopsctl::stats {

struct MeanShift {
  double statistic = 0;  // squared distance of the two means
  // Of the true distance, in units of the vectors' own spread (the root of the trace of their pooled covariance); 0 where chance alone explains it, 1 where
  // there is no spread.
  double effect = 0;
  // The share of `permutations` deals of the same vectors whose statistic is as large; (k + 1) / (permutations + 1), so exact whatever the vectors.
  double p = 1;

  // The smallest effect that a test at `alpha` sees with this chance, along the direction in which the vectors spread most, where it is hardest; at most 1.
  // By the statistic's distribution for many rows: along that direction a squared normal, of all others a gamma of their mean and variance.
  double seen_from(double chance, double alpha) const;

  // What that stands on: 1/n + 1/m, and of the pooled covariance the trace, the largest eigenvalue and the sum of all eigenvalues' squares.
  double doubt = 0, trace = 0, largest = 0, squares = 0;
};

// Rows x width each, row-major; no rows, or vectors that are all alike: p is 1, and nothing is seen.
MeanShift compare_clouds(std::span<const float> first, std::span<const float> second, size_t width, int permutations, uint64_t seed);

}  // namespace mlopsctl::stats
