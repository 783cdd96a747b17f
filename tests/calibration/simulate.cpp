#include "tests/calibration/simulate.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "pipeline/base/parallel.hpp"

namespace mlopsctl::calibration {

int count_trials(int trials, uint64_t seed, const std::function<bool(Random&)>& trial) {
  std::vector<char> said(static_cast<size_t>(trials));
  in_parallel(said.size(), processors(), [&](size_t i) {
    Random random(seed * 1'000'003 + i);
    said[i] = trial(random);
  });
  return static_cast<int>(std::count(said.begin(), said.end(), 1));
}

double normal(Random& random) { return std::sqrt(-2 * std::log(1 - random.uniform())) * std::cos(2 * std::numbers::pi * random.uniform()); }

std::vector<double> even(int classes) { return std::vector<double>(static_cast<size_t>(classes), 1.0 / classes); }
std::vector<double> zipf(int classes) {
  std::vector<double> shares(static_cast<size_t>(classes));
  for (size_t k = 0; k < shares.size(); ++k) shares[k] = 1.0 / static_cast<double>(k + 1);
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= sum;
  return shares;
}

std::vector<int64_t> counts(Random& random, const std::vector<double>& shares, int64_t rows) {
  std::vector<double> cumulative(shares.size());
  std::partial_sum(shares.begin(), shares.end(), cumulative.begin());
  std::vector<int64_t> result(shares.size(), 0);
  for (int64_t row = 0; row < rows; ++row) {
    const auto place = std::upper_bound(cumulative.begin(), cumulative.end() - 1, random.uniform() * cumulative.back());
    ++result[static_cast<size_t>(place - cumulative.begin())];
  }
  return result;
}

evaluate::Comparison pairs(Random& random, int64_t rows, double wins, double losses) {
  evaluate::Comparison result;
  result.rows = rows;
  for (int64_t row = 0; row < rows; ++row) {
    const double drawn = random.uniform();
    ++(drawn < wins ? result.only_challenger : drawn < wins + losses ? result.only_champion : result.both_right);
  }
  result.difference = static_cast<double>(result.only_challenger - result.only_champion) / static_cast<double>(rows);
  result.mcnemar = stats::mcnemar_exact(result.only_challenger, result.only_champion);
  return result;
}

train::Profile window(Random& random, const World& world, int64_t rows) {
  train::Profile profile;
  profile.rows = rows;
  for (size_t k = 0; k < world.predicted.size(); ++k) profile.labels.push_back(std::to_string(k));
  profile.predicted = counts(random, world.predicted, rows);
  profile.characters = counts(random, world.lengths, rows);
  profile.characters.resize(train::length_bins());
  profile.confidence.assign(train::kConfidenceBins - world.confidence.size(), 0);
  for (const int64_t count : counts(random, world.confidence, rows)) profile.confidence.push_back(count);
  // A text of twenty words, each unknown or not.
  double sum = 0, squares = 0;
  for (int64_t row = 0; row < rows; ++row) {
    double share = 0;
    for (int word = 0; word < 20; ++word) share += random.uniform() < world.unknown ? 0.05 : 0;
    sum += share, squares += share * share;
  }
  const double n = static_cast<double>(rows);
  profile.unknown = {rows, sum / n, rows > 1 ? std::max(0.0, squares - sum * sum / n) / (n - 1) : 0};
  return profile;
}

}  // namespace mlopsctl::calibration
