// Draws for the simulations. All seeded: the same figures however many threads there are.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "pipeline/base/random.hpp"
#include "stages/evaluate/compare.hpp"
#include "stages/train/profile.hpp"

namespace mlopsctl::calibration {

// How many of `trials` trials say true; each has numbers of its own. Uses all cores.
int count_trials(int trials, uint64_t seed, const std::function<bool(Random&)>& trial);

double normal(Random& random);
// Shares of `classes` classes: all alike, or the k-th in proportion to 1/k.
std::vector<double> even(int classes);
std::vector<double> zipf(int classes);
std::vector<int64_t> counts(Random& random, const std::vector<double>& shares, int64_t rows);

// Two models of which the challenger alone is right on a share `wins` of the rows, the champion alone on `losses`.
evaluate::Comparison pairs(Random& random, int64_t rows, double wins, double losses);

// What a window of texts may look like.
struct World {
  std::vector<double> predicted;                        // shares
  double unknown = 0.05;                                // mean share of unknown words
  std::vector<double> lengths = even(60);               // over the first length bins
  std::vector<double> confidence = {1, 1, 2, 3, 5, 8};  // over the last bins, in proportion
};
train::Profile window(Random& random, const World& world, int64_t rows);

}  // namespace mlopsctl::calibration
