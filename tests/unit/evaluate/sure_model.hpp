// A made-up model of which is known how well it is calibrated.
#pragma once

#include "pipeline/base/random.hpp"
#include "stages/evaluate/judged_rows.hpp"

namespace mlopsctl::evaluate {

// Two classes, confidences from 1/2 to 1, each right as often as it says, or more seldom by `lie`.
inline Judged judged(uint64_t seed, size_t rows, double lie) {
  Random random(seed);
  Judged result;
  for (size_t row = 0; row < rows; ++row) {
    const double confidence = 0.5 + random.uniform() / 2;
    result.given.push_back(random.uniform() < confidence - lie ? 1 : 0);
    result.predicted.push_back(1);
    result.right.push_back(result.given.back() == 1);
    result.probabilities.insert(result.probabilities.end(), {1 - confidence, confidence});
  }
  result.metrics = measure(result.given, result.probabilities, 2);
  return result;
}

}  // namespace mlopsctl::evaluate
