// The standard normal distribution.
#pragma once

namespace mlopsctl::stats {

// P(Z > z), accurate far out.
double normal_tail(double z);
// z with P(Z <= z) = share; share in (0, 1).
double normal_quantile(double share);

}  // namespace mlopsctl::stats
