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

  // The smallest effect that a test at `alpha` sees with this chance, whatever its direction; at most 1.
  double seen_from(double chance) const;

  // What that stands on: the statistic that a test at `alpha` asks for, its mean and variance where nothing changed, 1/n + 1/m, and of the pooled covariance
  // the trace and the largest eigenvalue.
  double critical = 0, mean = 0, variance = 0, doubt = 0, trace = 0, largest = 0;
};

// Rows x width each, row-major; no rows, or vectors that are all alike: p is 1, and nothing is seen.
MeanShift compare_clouds(std::span<const float> first, std::span<const float> second, size_t width, double alpha, int permutations, uint64_t seed);

}  // namespace mlopsctl::stats
