// Intervals for what has no formula (F1, AUC, calibration error and differences of them), by resampling rows.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "pipeline/stats/proportion.hpp"

namespace mlopsctl::stats {

// Bias-corrected and accelerated interval (Efron 1987) from the estimate, its bootstrap replicates and its jackknife values, as SciPy's
// bootstrap(method="BCa") makes it. Not finite replicates are left out; nothing left, or all alike: the estimate itself, twice.
Interval bca(double estimate, std::vector<double> replicates, std::span<const double> jackknife, double confidence = 0.95);

// What a metric is on some rows; a row may occur several times. For two models on the same rows: the difference of their metrics.
using RowStatistic = std::function<double(std::span<const uint32_t> rows)>;

struct BootstrapOptions {
  int resamples = 2000;
  int jackknife_groups = 200;  // beyond so many rows, groups of rows are left out in turn instead of rows
  uint64_t seed = 0;
  double confidence = 0.95;
};
// Draws rows with replacement, the same ones for the same seed.
Interval bootstrap(size_t rows, const RowStatistic& statistic, const BootstrapOptions& options);

// Two models' answers to each row, exchanged or not at random: between equal models every exchange is as likely as what was seen. What their
// difference must exceed for that to be so with a chance of `tail` at most, exactly (Phipson & Smyth 2010). `difference` is told which answers the
// first has, row by row: i, or rows + i for the other's; the second has the rest.
using ExchangedDifference = std::function<double(std::span<const uint32_t> first, std::span<const uint32_t> second)>;
double exchange_quantile(size_t rows, const ExchangedDifference& difference, double tail, const BootstrapOptions& options);

}  // namespace mlopsctl::stats
