#include "stages/finetune/curves.hpp"

#include <gmock/gmock.h>

namespace mlopsctl::finetune {
namespace {

TEST(Curves, MeansOfNeighboursAndTheEpochs) {
  const std::string log =
      "{\"epoch\":1,\"loss\":4,\"lr\":0,\"norm\":1,\"step\":1}\n"
      "{\"epoch\":1,\"loss\":2,\"lr\":2,\"norm\":3,\"step\":2}\n"
      "{\"epoch\":1,\"loss\":null,\"lr\":2,\"norm\":null,\"skipped\":true,\"step\":3}\n"
      "{\"epoch\":1,\"loss\":1,\"lr\":1,\"norm\":1,\"step\":4}\n"
      "{\"accuracy\":0.5,\"epoch\":1,\"step\":4,\"train_loss\":2}\n";
  EXPECT_EQ(curves_of(log)["steps"].size(), 4U);
  EXPECT_EQ(curves_of(log)["steps"][2], (Json{3, 2.0, nullptr, nullptr}));
  const Json small = curves_of(log, 2);
  EXPECT_EQ(small["steps"], (Json{{2, 1.0, 3.0, 2.0}, {4, 1.5, 1.0, 1.0}}));
  EXPECT_EQ(small["epochs"], (Json{{{"accuracy", 0.5}, {"epoch", 1}, {"step", 4}, {"train_loss", 2}}}));
  EXPECT_EQ(curves_of(""), (Json{{"steps", Json::array()}, {"epochs", Json::array()}}));
}

}  // namespace
}  // namespace mlopsctl::finetune
