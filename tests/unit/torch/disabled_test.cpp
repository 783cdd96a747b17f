// A build without libtorch says so.
#include <gtest/gtest.h>

#include "stages/finetune/network.hpp"

namespace mlopsctl::finetune {
namespace {

TEST(Loader, SaysThatTheBuildHasNoTorch) {
  EXPECT_EQ(network_backend(), "");
  const auto factory = network_factory();
  ASSERT_FALSE(factory.ok());
  EXPECT_EQ(factory.error().message, "this mlopsctl was built without libtorch, which an encoder needs");
  EXPECT_EQ(factory.error().hint, "build with -DMLOPSCTL_TORCH=ON");
}

}  // namespace
}  // namespace mlopsctl::finetune
