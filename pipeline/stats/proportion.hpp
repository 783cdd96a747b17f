// Shares of counts: how sure one is, and whether two classifiers judged on the same rows differ by more than chance.
#pragma once

#include <cstdint>

namespace mlopsctl::stats {

struct Interval {
  double low = 0, high = 1;
};

// Wilson's score interval for `successes` of `trials` (Wilson 1927; Newcombe 1998, method 3), two-sided at `confidence` in (0, 1).
// [0, 1] when there are no trials.
Interval wilson(int64_t successes, int64_t trials, double confidence = 0.95);

// P(X <= successes) for X ~ Binomial(trials, share).
double binomial_at_most(int64_t successes, int64_t trials, double share);

// The exact binomial test of "the share is at least `floor`" refuses it, with the chance `power`, where the true share is no larger than this; 0 where
// these trials never do. alpha and power in (0, 1).
double seen_below(int64_t trials, double floor, double alpha, double power = 0.8);

// The share with which at least `least` of `trials` succeed with the chance `power`.
double share_reaching(int64_t least, int64_t trials, double power = 0.8);

// McNemar's exact test on rows that two classifiers both judged (Fay 2011): `only_first` rows only the first got right, `only_second` only
// the second. Given their sum, each is a fair coin when the classifiers are equally good.
struct McNemar {
  double two_sided = 1;
  double first_worse = 1;  // one-sided: small when the first is worse than the second
};
McNemar mcnemar_exact(int64_t only_first, int64_t only_second);

}  // namespace mlopsctl::stats
