#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <span>

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

constexpr int chunks = 10;
constexpr int64_t chunk_rows = 300;

// Is the last value beyond three standard deviations of those before it?
bool beyond_three(const std::vector<double>& values) {
  double sum = 0, squares = 0;
  for (size_t i = 0; i + 1 < values.size(); ++i) sum += values[i], squares += values[i] * values[i];
  const double n = static_cast<double>(values.size() - 1), mean = sum / n, deviation = std::sqrt(std::max(0.0, squares / n - mean * mean));
  return std::abs(values.back() - mean) > 3 * deviation;
}
bool mean_beyond_three(Random& random) {
  std::vector<double> means;
  for (int i = 0; i <= chunks; ++i) {
    double sum = 0;
    for (int64_t row = 0; row < chunk_rows; ++row) sum += normal(random);
    means.push_back(sum / static_cast<double>(chunk_rows));
  }
  return beyond_three(means);
}
// As NannyML does it: each chunk's distance (Jensen-Shannon, five categories) to the whole reference, of which the ten chunks are parts and the next one is
// not.
bool distance_beyond_three(Random& random) {
  std::vector<std::vector<int64_t>> seen;
  std::vector<int64_t> whole(5, 0);
  for (int i = 0; i <= chunks; ++i) {
    seen.push_back(counts(random, even(5), chunk_rows));
    for (size_t k = 0; i < chunks && k < whole.size(); ++k) whole[k] += seen.back()[k];
  }
  std::vector<double> distances;
  for (const auto& chunk : seen) distances.push_back(jensen_shannon(chunk, chunk_rows, whole, chunks * chunk_rows));
  return beyond_three(distances);
}

// Two clouds of 60 vectors of eight normal numbers each; a Gaussian kernel as wide as the middle distance.
class Clouds {
 public:
  static constexpr size_t each = 60;
  explicit Clouds(Random& random) {
    constexpr size_t width = 8;
    std::vector<double> vectors(2 * each * width);
    for (double& value : vectors) value = normal(random);
    std::vector<double> squares(4 * each * each);
    for (size_t i = 0; i < 2 * each; ++i)
      for (size_t j = 0; j < 2 * each; ++j)
        for (size_t k = 0; k < width; ++k) squares[i * 2 * each + j] += std::pow(vectors[i * width + k] - vectors[j * width + k], 2);
    auto middle = squares;
    std::nth_element(middle.begin(), middle.begin() + 2 * each * each, middle.end());
    for (const double square : squares) kernel_.push_back(std::exp(-square / middle[2 * each * each]));
  }
  // The squared maximum mean discrepancy of two sets of the vectors.
  double discrepancy(std::span<const size_t> first, std::span<const size_t> second) const {
    const auto mean = [&](std::span<const size_t> one, std::span<const size_t> other) {
      double sum = 0;
      for (const size_t i : one)
        for (const size_t j : other) sum += kernel_[i * 2 * each + j];
      return sum / static_cast<double>(one.size() * other.size());
    };
    return mean(first, first) + mean(second, second) - 2 * mean(first, second);
  }

 private:
  std::vector<double> kernel_;
};
std::vector<size_t> all_vectors() {
  std::vector<size_t> order(2 * Clouds::each);
  std::iota(order.begin(), order.end(), size_t{0});
  return order;
}
bool mmd_by_bootstrap(Random& random) {
  const Clouds clouds(random);
  const auto order = all_vectors();
  const double now = clouds.discrepancy(std::span(order).first(Clouds::each), std::span(order).last(Clouds::each));
  std::vector<double> drawn;
  for (int i = 0; i < 100; ++i) {
    std::vector<size_t> first(Clouds::each), second(Clouds::each);
    for (size_t& at : first) at = random.below(Clouds::each);
    for (size_t& at : second) at = random.below(Clouds::each);
    drawn.push_back(clouds.discrepancy(first, second));
  }
  std::sort(drawn.begin(), drawn.end());
  return now > drawn[5];
}
bool mmd_by_permutation(Random& random) {
  const Clouds clouds(random);
  auto order = all_vectors();
  const auto discrepancy = [&] { return clouds.discrepancy(std::span(order).first(Clouds::each), std::span(order).last(Clouds::each)); };
  const double now = discrepancy();
  int as_large = 0;
  for (int i = 0; i < 99; ++i) {
    random.shuffle(order);
    as_large += discrepancy() >= now * (1 - 1e-12);
  }
  return (as_large + 1) / 100.0 <= 0.05;
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
  const auto any_of_20 = [](Random& random, bool (*beyond)(Random&)) {
    bool any = false;
    for (int feature = 0; feature < 20; ++feature) any |= beyond(random);
    return any;
  };
  add("distance, mean +- 3 sd of 10 chunks", "one feature", 300, 5, 0.04, distance_beyond_three);
  add("distance, mean +- 3 sd of 10 chunks", "any of 20 features", 300, 5, 0.625, [&](Random& random) { return any_of_20(random, distance_beyond_three); });
  add("mean, mean +- 3 sd of 10 chunks", "one feature", 300, 0, -1, mean_beyond_three);
  if (full) add("mean, mean +- 3 sd of 10 chunks", "any of 20 features", 300, 0, -1, [&](Random& random) { return any_of_20(random, mean_beyond_three); });
  const int fewer = full ? 1000 : 60;
  const auto add_mmd = [&](std::string rule, double known, bool (*trial)(Random&)) {
    section.figures.push_back({std::move(rule), "8 normal numbers", 60, 0, Promise::known, known, fewer, count_trials(fewer, seed++, trial)});
  };
  add_mmd("MMD > 5th percentile of the reference's bootstrap", 1, mmd_by_bootstrap);
  add_mmd("MMD, permutation p at 0.05", 0.05, mmd_by_permutation);
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
