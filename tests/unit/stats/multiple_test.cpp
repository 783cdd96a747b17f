#include "pipeline/stats/multiple.hpp"

#include <gmock/gmock.h>

namespace mlopsctl::stats {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

// R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
TEST(Holm, AgreesWithR) {
  const std::vector<double> p{0.01, 0.04, 0.03, 0.005};
  EXPECT_THAT(holm(p), ElementsAre(DoubleNear(0.03, 1e-12), DoubleNear(0.06, 1e-12), DoubleNear(0.06, 1e-12), DoubleNear(0.02, 1e-12)));
}

TEST(Holm, NeverPassesOne) {
  const std::vector<double> p{0.9, 0.6};
  EXPECT_THAT(holm(p), ElementsAre(1.0, 1.0));
}

TEST(Holm, NothingIsNothing) { EXPECT_TRUE(holm({}).empty()); }

}  // namespace
}  // namespace mlopsctl::stats
