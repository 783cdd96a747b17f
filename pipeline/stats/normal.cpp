#include "pipeline/stats/normal.hpp"

#include <cmath>
#include <numbers>

#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/erf.hpp>

namespace mlopsctl::stats {

double normal_tail(double z) { return std::erfc(z / std::numbers::sqrt2) / 2; }

double normal_quantile(double share) { return -std::numbers::sqrt2 * boost::math::erfc_inv(2 * share); }

double student_quantile(double share, double freedom) { return boost::math::quantile(boost::math::students_t(freedom), share); }

double normal_power(double beyond, double error, double alpha) {
  if (error <= 0) return beyond > 0 ? 1 : 0;
  return normal_tail(normal_quantile(1 - alpha) - beyond / error);
}

double normal_reach(double error, double alpha, double power) { return (normal_quantile(1 - alpha) + normal_quantile(power)) * error; }

double normal_rows_factor(double beyond, double error, double alpha, double power) { return std::pow(normal_reach(error, alpha, power) / beyond, 2); }

}  // namespace mlopsctl::stats
