// A weighted mean of several models' probabilities (a linear opinion pool): p(y|x) = sum over m of weight_m * softmax(log p_m(.|x) / temperature_m).
#pragma once

#include <span>
#include <vector>

namespace mlopsctl::train {

struct Mixture {
  std::vector<double> weights;       // at least 0, adding to 1
  std::vector<double> temperatures;  // of each member, on top of its own calibration
};

// All members count alike, each as it is.
Mixture equal_mixture(size_t members);

// Weights and temperatures (0.2..5) with the least log loss of the mixture. `members`: for each one its probabilities, rows x classes; `labels`: of the
// rows. Weights by expectation-maximisation, which cannot raise the loss; a temperature at a time by golden section; in turns until neither helps.
// The loss is convex in the weights alone. Of more than 20,000 rows, evenly spaced ones are used.
Mixture fit_mixture(const std::vector<std::vector<float>>& members, std::span<const int> labels, size_t classes);

// The logarithms of the mixture's probabilities, rows x classes.
std::vector<double> log_mix(const Mixture& mixture, const std::vector<std::vector<float>>& members, size_t classes);

}  // namespace mlopsctl::train
