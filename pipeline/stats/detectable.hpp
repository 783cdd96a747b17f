// What a test could have seen: the smallest change that it would have caught with a stated chance. Each is a guarantee on its own terms, not a hope: any
// change of at least that size is caught at least that often.
#pragma once

#include <cstdint>

namespace mlopsctl::stats {

// compare_categories: total variation distance, from the noncentral chi-square distribution. For any change of total variation t the noncentrality is
// at least 4 t^2 n m / (n + m) (Cauchy-Schwarz).
double detectable_categories(int64_t first_rows, int64_t second_rows, double degrees, double alpha, double power = 0.8);
// compare_distributions: Kolmogorov's distance. The empirical distance at the point where the true one is largest exceeds the critical value.
double detectable_distribution(int64_t first_rows, int64_t second_rows, double alpha, double power = 0.8);
// compare_means: difference of means, two-sided.
double detectable_mean(double first_variance, int64_t first_rows, double second_variance, int64_t second_rows, double alpha, double power = 0.8);

}  // namespace mlopsctl::stats
