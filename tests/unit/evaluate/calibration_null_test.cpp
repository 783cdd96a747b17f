#include "stages/evaluate/calibration_null.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/random.hpp"

namespace mlopsctl::evaluate {
namespace {

// Two classes, confidences from 1/2 to 1, each right as often as it says, or more seldom by `lie`.
Judged judged(uint64_t seed, size_t rows, double lie) {
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

TEST(CalibrationNull, IsLargeOnFewRows) {
  EXPECT_NEAR(calibration_null(judged(1, 100, 0), 2, 1).expected, 0.089, 0.01);
  EXPECT_NEAR(calibration_null(judged(1, 1000, 0), 2, 1).expected, 0.028, 0.003);
  EXPECT_NEAR(calibration_null(judged(1, 20'000, 0), 2, 1, 99).expected, 0.006, 0.001);
}

TEST(CalibrationNull, RefusesCalibratedModelsAsOftenAsStated) {
  int refused = 0;
  constexpr int trials = 400;
  for (uint64_t trial = 0; trial < trials; ++trial) refused += calibration_null(judged(trial + 10, 300, 0), 2, trial, 199).p <= 0.05;
  EXPECT_LE(refused, trials * 0.09);
  EXPECT_GE(refused, trials * 0.02);
  EXPECT_EQ(calibration_null(judged(7, 1000, 0.15), 2, 1).p, 0.001) << "one that is wrong more often than it says";
}

}  // namespace
}  // namespace mlopsctl::evaluate
