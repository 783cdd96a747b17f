// Two classifiers judged on the same rows: how far apart they are, and how many rows it takes to see it. b rows only the first got right, c only
// the second, of n; difference = (b - c) / n.
#pragma once

#include <cstdint>

#include "pipeline/stats/proportion.hpp"

namespace mlopsctl::stats {

// Tango's (1998, Statistics in Medicine 17) score statistic of "the difference is `at`": standard normal when it is. Positive: the true one looks larger.
double tango_z(int64_t only_first, int64_t only_second, int64_t rows, double at);
// The differences that tango_z does not refuse, two-sided at `confidence`. [-1, 1] without rows.
Interval tango(int64_t only_first, int64_t only_second, int64_t rows, double confidence = 0.95);

// The share of rows that just one gets right, for questions of power: the middle of Wilson's interval, for that none was seen does not mean that there
// are none; and no less than `least`, where a difference of that size is asked about.
double likely_discordance(int64_t discordant, int64_t rows, double least = 0);
// The standard error of the difference between two that truly differ by `difference`; `discordant` as above.
double difference_error(int64_t rows, double discordant, double difference = 0);

// The chance that mcnemar_exact's one-sided test at `alpha` sees a classifier that is better by `difference`, when a share `discordant` of the rows is
// right for just one of the two. 0 <= difference <= discordant <= 1.
double mcnemar_power(int64_t rows, double discordant, double difference, double alpha);
// The fewest rows, to three digits, that give that power from there on; `most` when that many do not.
int64_t mcnemar_rows(double discordant, double difference, double alpha, double power, int64_t most = 100'000'000);
// The smallest difference seen with that power on these rows; `discordant` when none is.
double mcnemar_smallest_difference(int64_t rows, double discordant, double alpha, double power);

}  // namespace mlopsctl::stats
