#include <cmath>
#include <numeric>

#include "pipeline/stats/proportion.hpp"
#include "stages/evaluate/probability_metrics.hpp"
#include "tests/calibration/rules.hpp"
#include "tests/calibration/simulate.hpp"

namespace mlopsctl::calibration {
namespace {

constexpr int64_t reference = 2000;

double share(int64_t count, int64_t rows) { return static_cast<double>(count) / static_cast<double>(rows); }

// As Evidently and others do it: an empty category counts as a ten-thousandth.
double psi(const std::vector<int64_t>& first, int64_t first_rows, const std::vector<int64_t>& second, int64_t second_rows) {
  double sum = 0;
  for (size_t k = 0; k < first.size(); ++k) {
    const double p = std::max(1e-4, share(first[k], first_rows)), q = std::max(1e-4, share(second[k], second_rows));
    sum += (q - p) * std::log(q / p);
  }
  return sum;
}
double jensen_shannon(const std::vector<int64_t>& first, int64_t first_rows, const std::vector<int64_t>& second, int64_t second_rows) {
  double sum = 0;
  for (size_t k = 0; k < first.size(); ++k) {
    const double p = share(first[k], first_rows), q = share(second[k], second_rows), middle = (p + q) / 2;
    sum += (p > 0 ? p * std::log(p / middle) : 0) / 2 + (q > 0 ? q * std::log(q / middle) : 0) / 2;
  }
  return std::sqrt(std::max(0.0, sum));
}

// Mean and standard deviation of the means of ten chunks, then the mean of one more beyond three of them.
bool beyond_three(Random& random, const std::function<double(Random&)>& draw) {
  const auto chunk = [&] {
    double sum = 0;
    for (int row = 0; row < 300; ++row) sum += draw(random);
    return sum / 300;
  };
  double sum = 0, squares = 0;
  for (int i = 0; i < 10; ++i) {
    const double mean = chunk();
    sum += mean, squares += mean * mean;
  }
  const double mean = sum / 10, deviation = std::sqrt(squares / 10 - mean * mean);
  return std::abs(chunk() - mean) > 3 * deviation;
}

bool mcnemar_with_looks(Random& random, int looks, int64_t rows) {
  int64_t wins = 0, losses = 0;
  for (int look = 0; look < looks; ++look) {
    const auto seen = pairs(random, rows, 0.04, 0.04);
    wins += seen.only_challenger, losses += seen.only_champion;
    if (stats::mcnemar_exact(losses, wins).first_worse <= 0.05) return true;
  }
  return false;
}

// Expected calibration error of a model whose confidences are as often right as they say, above `limit`.
bool looks_uncalibrated(Random& random, int64_t rows, double limit) {
  std::vector<evaluate::ReliabilityBin> bins(evaluate::kReliabilityBins);
  for (int64_t row = 0; row < rows; ++row) {
    const double confidence = 0.5 + random.uniform() / 2;
    evaluate::ReliabilityBin& bin = bins[static_cast<size_t>(std::ceil(confidence * 15) - 1)];
    ++bin.rows, bin.confidence += confidence, bin.accuracy += random.uniform() < confidence;
  }
  for (auto& bin : bins)
    if (bin.rows > 0) bin.confidence /= static_cast<double>(bin.rows), bin.accuracy /= static_cast<double>(bin.rows);
  return evaluate::calibration_error(bins, rows) > limit;
}

}  // namespace

Section usual_rules(bool full) {
  Section section{
      "The usual rules, nothing changed",
      "Stated: what is known of them from earlier simulations. Categories have even shares; the reference has 2,000 rows. Of models that are compared, "
      "8 % of the rows are right for just one.",
      {}};
  uint64_t seed = 3001;
  const int trials = full ? 4000 : 500;
  const auto add = [&](std::string rule, std::string setting, int64_t rows, int classes, double known, const std::function<bool(Random&)>& trial) {
    section.figures.push_back(
        {std::move(rule), std::move(setting), rows, classes, known < 0 ? Promise::none : Promise::known, known, trials, count_trials(trials, seed++, trial)});
  };
  struct Case {
    int classes;
    int64_t rows;
    double known;
  };
  for (const auto& [classes, rows, known] : {Case{5, 50, 0.33}, Case{5, 100, 0.05}, Case{5, 200, 0}, Case{20, 100, 0.985}, Case{20, 200, 0.57},
                                             Case{20, 500, 0.005}, Case{50, 500, 0.85}, Case{50, 1000, 0.01}})
    add("PSI >= 0.1", "", rows, classes, known,
        [&](Random& random) { return psi(counts(random, even(classes), reference), reference, counts(random, even(classes), rows), rows) >= 0.1; });
  add("Jensen-Shannon distance >= 0.1", "", 200, 20, 0.75,
      [](Random& random) { return jensen_shannon(counts(random, even(20), reference), reference, counts(random, even(20), 200), 200) >= 0.1; });
  add("mean +- 3 sd of 10 chunks", "one feature", 300, 0, 0.04, [](Random& random) { return beyond_three(random, [](Random& r) { return normal(r); }); });
  add("mean +- 3 sd of 10 chunks", "any of 20 features", 300, 0, -1, [](Random& random) {
    bool any = false;
    for (int feature = 0; feature < 20; ++feature) any |= beyond_three(random, [](Random& r) { return r.uniform(); });
    return any;
  });
  for (const auto& [rows, known] : {std::pair<int64_t, double>{200, 0.45}, {1000, 0.47}, {5000, 0.49}})
    add("\"challenger scores higher\"", "equal models: promoted", rows, 0, known, [&](Random& random) {
      const auto seen = pairs(random, rows, 0.04, 0.04);
      return seen.only_challenger > seen.only_champion;
    });
  for (const auto& [rows, known] : {std::pair<int64_t, double>{200, 0.03}, {1000, 0.04}, {5000, 0.05}})
    add("exact one-sided McNemar at 0.05", "equal models: promoted", rows, 0, known, [&](Random& random) {
      const auto seen = pairs(random, rows, 0.04, 0.04);
      return stats::mcnemar_exact(seen.only_champion, seen.only_challenger).first_worse <= 0.05;
    });
  add("the same, looked at 30 times", "looks of 200 rows", 6000, 0, 0.21, [](Random& random) { return mcnemar_with_looks(random, 30, 200); });
  for (const auto& [rows, limit] : {std::pair<int64_t, double>{100, 0.089}, {1000, 0.028}, {20'000, 0.006}}) {
    char setting[64];
    std::snprintf(setting, sizeof setting, "perfectly calibrated, above %g", limit);
    add("ECE of 15 bins", setting, rows, 2, -1, [&](Random& random) { return looks_uncalibrated(random, rows, limit); });
  }
  return section;
}

}  // namespace mlopsctl::calibration
