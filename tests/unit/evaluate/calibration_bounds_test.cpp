#include "stages/evaluate/calibration_bounds.hpp"

#include <gtest/gtest.h>

#include "tests/unit/evaluate/sure_model.hpp"

namespace mlopsctl::evaluate {
namespace {

constexpr double kConfidence = 0.9;

TEST(CalibrationBounds, HoldWhatIsMeasuredAndWhatIsTrue) {
  for (const double lie : {0.0, 0.02, 0.2}) {
    const Judged model = judged(5, 20'000, lie);
    const auto interval = calibration_interval(model, 2, kConfidence);
    EXPECT_LE(interval.low, lie);
    EXPECT_GE(interval.high, lie);
    EXPECT_LT(interval.high - interval.low, 0.03);
    EXPECT_LE(interval.low, model.metrics.calibration_error);
    EXPECT_GE(interval.high, model.metrics.calibration_error);
  }
}

TEST(CalibrationBounds, TellALyingModelFromAnHonestOne) {
  const Judged honest = judged(1, 5000, 0), lying = judged(2, 5000, 0.2);
  const auto interval = calibration_difference(lying, 2, honest, 2, kConfidence);
  EXPECT_GT(interval.low, 0.15);
  EXPECT_LE(interval.low, 0.2);
  EXPECT_GE(interval.high, 0.2);
  EXPECT_LT(interval.high, 0.23);
}

TEST(CalibrationBounds, TurnRoundWithTheModels) {
  const Judged one = judged(3, 200, 0), other = judged(4, 200, 0.1);
  const auto there = calibration_difference(one, 2, other, 2, kConfidence), back = calibration_difference(other, 2, one, 2, kConfidence);
  EXPECT_DOUBLE_EQ(there.low, -back.high);
  EXPECT_DOUBLE_EQ(there.high, -back.low);
}

TEST(CalibrationBounds, DoNotTakeChanceForAGain) {
  // The champion's measured error is larger by what chance makes; the claim that the challenger's is smaller is made in 5 of 100 cases at most.
  int claims = 0;
  constexpr int trials = 500;
  for (uint64_t trial = 0; trial < trials; ++trial)
    claims += calibration_difference(judged(2 * trial, 300, 0.05), 2, judged(2 * trial + 1, 300, 0.05), 2, kConfidence).high < 0;
  EXPECT_LE(claims, 42) << "the 99.9 % bound of 500 trials at 0.05";
}

TEST(CalibrationBounds, KnowNothingOfASingleRow) {
  const auto alone = calibration_interval(judged(1, 1, 0), 2, kConfidence);
  EXPECT_EQ(alone.low, 0);
  EXPECT_EQ(alone.high, 1);
}

}  // namespace
}  // namespace mlopsctl::evaluate
