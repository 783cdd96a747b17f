#include "stages/evaluate/calibration_null.hpp"

#include <gtest/gtest.h>

#include "tests/unit/evaluate/sure_model.hpp"

namespace mlopsctl::evaluate {
namespace {

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
