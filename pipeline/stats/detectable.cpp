#include "pipeline/stats/detectable.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/non_central_chi_squared.hpp>

#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/two_sample.hpp"

namespace mlopsctl::stats {
double detectable_categories(int64_t first_rows, int64_t second_rows, double degrees, double alpha, double power) {
  if (first_rows <= 0 || second_rows <= 0 || degrees <= 0) return 1;
  const double critical = boost::math::quantile(boost::math::complement(boost::math::chi_squared(degrees), alpha));
  const auto seen = [&](double noncentrality) {
    return boost::math::cdf(boost::math::complement(boost::math::non_central_chi_squared(degrees, noncentrality), critical));
  };
  double low = 0, high = 1;
  while (seen(high) < power) low = high, high *= 2;
  for (int step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    (seen(middle) < power ? low : high) = middle;
  }
  const double n = static_cast<double>(first_rows), m = static_cast<double>(second_rows);
  return std::min(1.0, std::sqrt(high * (n + m) / (n * m)) / 2);
}

double detectable_distribution(int64_t first_rows, int64_t second_rows, double alpha, double power) {
  if (first_rows <= 0 || second_rows <= 0) return 1;
  double low = 0, high = 1;
  for (int step = 0; step < 40; ++step) {
    const double middle = (low + high) / 2;
    (kolmogorov_smirnov_p(middle, first_rows, second_rows) > alpha ? low : high) = middle;
  }
  const double n = static_cast<double>(first_rows), m = static_cast<double>(second_rows);
  return std::min(1.0, high + normal_quantile(power) * 0.5 * std::sqrt(1 / n + 1 / m));
}

double detectable_mean(double first_variance, int64_t first_rows, double second_variance, int64_t second_rows, double alpha, double power) {
  if (first_rows <= 0 || second_rows <= 0) return 0;
  const double error = std::sqrt(first_variance / static_cast<double>(first_rows) + second_variance / static_cast<double>(second_rows));
  return normal_reach(error, alpha / 2, power);
}

}  // namespace mlopsctl::stats
