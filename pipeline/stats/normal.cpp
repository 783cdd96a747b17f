#include "pipeline/stats/normal.hpp"

#include <cmath>
#include <numbers>

#include <boost/math/special_functions/erf.hpp>

namespace mlopsctl::stats {

double normal_tail(double z) { return std::erfc(z / std::numbers::sqrt2) / 2; }

double normal_quantile(double share) { return -std::numbers::sqrt2 * boost::math::erfc_inv(2 * share); }

}  // namespace mlopsctl::stats
