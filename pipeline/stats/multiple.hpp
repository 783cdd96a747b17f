// Several tests in one report share one error rate.
#pragma once

#include <span>
#include <vector>

namespace mlopsctl::stats {

// Holm's (1979) adjusted p-values, in the order given: rejecting those below alpha keeps the chance of any false alarm below alpha,
// however the tests depend on each other.
std::vector<double> holm(std::span<const double> p);

}  // namespace mlopsctl::stats
