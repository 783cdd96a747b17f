// Several tests in one report share one error rate.
#pragma once

#include <span>
#include <vector>

namespace mlopsctl::stats {

// Holm's (1979) adjusted p-values, in the order given: rejecting those below alpha keeps the chance of any false alarm below alpha,
// however the tests depend on each other.
std::vector<double> holm(std::span<const double> p);

// Benjamini and Hochberg's (1995) adjusted p-values: of those below alpha, a share of alpha at most is false, on average, where the tests are
// independent or depend on each other positively.
std::vector<double> benjamini_hochberg(std::span<const double> p);

}  // namespace mlopsctl::stats
