#include "pipeline/stats/label_shift.hpp"

#include <gmock/gmock.h>

namespace mlopsctl::stats {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(Bbse, FindsTheMixBehindTheErrors) {
  // Right on 90 % of label 0 and 80 % of label 1; of 1,000 texts 340 are called 0: 20 % are.
  const std::vector<int64_t> confusion{90, 10, 40, 160}, predicted{340, 660};
  const LabelShift found = bbse(confusion, predicted);
  EXPECT_THAT(found.shares, ElementsAre(DoubleNear(0.2, 1e-12), DoubleNear(0.8, 1e-12)));
  EXPECT_LT(found.intervals[0].low, 0.2);
  EXPECT_GT(found.intervals[0].high, 0.2);
  EXPECT_GT(found.intervals[0].high - found.intervals[0].low, 0.05);
}

TEST(Bbse, SaysWhenTheModelTellsNothingApart) {
  const std::vector<int64_t> confusion{50, 50, 150, 150}, predicted{300, 700};
  const LabelShift found = bbse(confusion, predicted);
  EXPECT_FALSE(found.solvable);
  EXPECT_THAT(found.shares, ElementsAre(DoubleNear(0.25, 1e-12), DoubleNear(0.75, 1e-12)));
}

TEST(Bbse, NeverGivesANegativeShare) {
  const std::vector<int64_t> confusion{90, 10, 10, 90}, predicted{0, 100};
  EXPECT_THAT(bbse(confusion, predicted).shares, ElementsAre(0.0, 1.0));
}

TEST(Mlls, StaysWhereNothingMoved) {
  const std::vector<float> sure{1, 0, 1, 0, 0, 1, 0, 1};
  EXPECT_THAT(mlls(sure, std::vector<double>{0.5, 0.5}), ElementsAre(DoubleNear(0.5, 1e-12), DoubleNear(0.5, 1e-12)));
  EXPECT_THAT(mlls({}, std::vector<double>{0.3, 0.7}), ElementsAre(0.3, 0.7));
}

}  // namespace
}  // namespace mlopsctl::stats
