// From a family's scores to probabilities that can be believed. Fitted on rows that the model was not trained on.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::train {

// P(y = 1) = 1 / (1 + exp(slope * score + offset))
struct Sigmoid {
  double slope = -1, offset = 0;
};

// Platt scaling (Platt 1999) with his smoothed targets, by Newton steps on the convex loss (Lin, Lin and Weng 2007).
Sigmoid fit_platt(std::span<const double> scores, const std::vector<bool>& positive);

// Temperature scaling (Guo et al. 2017): the temperature in [0.01, 100] with the least log loss of softmax(scores / temperature); the root of the
// slope, which rises with 1 / temperature. `scores`: rows x classes.
double fit_temperature(std::span<const double> scores, std::span<const int> labels, size_t classes);

// Turns each row into log probabilities (log-softmax), in place: what scores of the kind log_probability are brought to first.
void normalise(std::vector<double>& scores, size_t classes);

struct Calibration {
  enum class Method { none, platt, temperature };
  Method method = Method::none;
  std::vector<Sigmoid> sigmoids;  // one per class; their probabilities are divided by their sum
  double temperature = 1;
};

// Probabilities, rows x classes. Without calibration: softmax of the scores, which for margins orders rows but promises nothing.
std::vector<float> apply(const Calibration& calibration, std::span<const double> scores, size_t classes);

Json to_json(const Calibration& calibration);
Result<Calibration> calibration_from_json(const Json& json, size_t classes);

}  // namespace mlopsctl::train
