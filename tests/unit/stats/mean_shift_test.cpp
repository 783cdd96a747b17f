#include "pipeline/stats/mean_shift.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "pipeline/base/random.hpp"

namespace mlopsctl::stats {
namespace {

constexpr size_t kWidth = 8;
constexpr double kDeviation = 0.5;  // of each number, about: a sum of twelve

// The first number spreads three times as far, and is moved.
std::vector<float> cloud(Random& random, size_t rows, double moved) {
  std::vector<float> all;
  for (size_t row = 0; row < rows; ++row)
    for (size_t k = 0; k < kWidth; ++k) {
      double sum = -6;
      for (int i = 0; i < 12; ++i) sum += random.uniform();
      all.push_back(static_cast<float>(kDeviation * sum * (k == 0 ? 3 : 1) + (k == 0 ? moved : 0)));
    }
  return all;
}

TEST(MeanShift, MeasuresTheDistanceInUnitsOfTheSpread) {
  Random random(1);
  const double spread = kDeviation * std::sqrt(9.0 + 7.0);  // the root of the trace
  const MeanShift found = compare_clouds(cloud(random, 3000, 0), cloud(random, 2000, spread / 2), kWidth, 199, 0);
  EXPECT_NEAR(std::sqrt(found.trace), spread, 0.02 * spread);
  EXPECT_NEAR(found.largest, 9 * kDeviation * kDeviation, 0.2);
  EXPECT_NEAR(found.effect, 0.5, 0.07) << "three of its standard errors";
  EXPECT_EQ(found.p, 1.0 / 200);
}

TEST(MeanShift, IsTheSameWhicheverSideComesFirst) {
  Random random(2);
  const auto one = cloud(random, 40, 0), other = cloud(random, 90, 0.4);
  EXPECT_EQ(compare_clouds(one, other, kWidth, 99, 7).p, compare_clouds(other, one, kWidth, 99, 7).p);
}

TEST(MeanShift, KeepsItsErrorRate) {
  Random random(3);
  int alarms = 0;
  constexpr int trials = 600;
  for (int trial = 0; trial < trials; ++trial) alarms += compare_clouds(cloud(random, 60, 0), cloud(random, 30, 0), kWidth, 99, random.below(1000)).p <= 0.05;
  EXPECT_GT(alarms, 10);
  EXPECT_LE(alarms, 49) << "the 99.9 % bound of 600 trials at 0.05";
}

TEST(MeanShift, SeesWhatItSaysItSees) {
  Random random(4);
  const double effect = compare_clouds(cloud(random, 400, 0), cloud(random, 200, 0), kWidth, 999, 0).seen_from(0.8, 0.05);
  const double moved = effect * kDeviation * 4;
  int seen = 0;
  for (int trial = 0; trial < 300; ++trial) seen += compare_clouds(cloud(random, 400, 0), cloud(random, 200, moved), kWidth, 199, random.below(1000)).p <= 0.05;
  EXPECT_NEAR(seen / 300.0, 0.8, 0.07) << "along the widest direction, which is the hardest to see";
}

TEST(MeanShift, SaysNothingOfCloudsThatAreAllAlike) {
  const std::vector<float> alike(4 * kWidth, 1);
  const MeanShift found = compare_clouds(alike, alike, kWidth, 99, 0);
  EXPECT_EQ(found.p, 1);
  EXPECT_EQ(found.seen_from(0.8, 0.05), 1);
  const std::vector<float> other(4 * kWidth, 2);
  EXPECT_NEAR(compare_clouds(alike, other, kWidth, 9999, 0).p, 2.0 / 70, 0.005) << "four of eight, or the other four";
  EXPECT_EQ(compare_clouds({}, alike, kWidth, 99, 0).p, 1);
}

}  // namespace
}  // namespace mlopsctl::stats
