#include "stages/finetune/class_weights.hpp"

#include <gmock/gmock.h>

namespace mlopsctl::finetune {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> labels{"negative", "neutral", "positive"};
const std::vector<int> given{0, 0, 0, 0, 1, 2};

TEST(ClassWeights, BalancedAsScikitLearn) {
  OptimizerOptions options;
  EXPECT_THAT(*class_weights(options, labels, given), IsEmpty());
  options.balanced = true;
  EXPECT_THAT(*class_weights(options, labels, given), ElementsAre(0.5F, 2.0F, 2.0F));
}

TEST(ClassWeights, OfTheLabelsNamed) {
  OptimizerOptions options;
  options.class_weights = {{"neutral", 3.5}};
  EXPECT_THAT(*class_weights(options, labels, given), ElementsAre(1.0F, 3.5F, 1.0F));
  options.class_weights = {{"neutrl", 3.5}};
  const auto wrong = class_weights(options, labels, given);
  EXPECT_EQ(wrong.error().message, "the label \"neutrl\" does not occur in training; the labels are negative, neutral, positive");
  EXPECT_EQ(wrong.error().field, "optimizer.class_weights.neutrl");
  EXPECT_EQ(wrong.error().hint, "did you mean neutral?");
  options.class_weights = {{"negative", 0}, {"neutral", 0}, {"positive", 0}};
  EXPECT_EQ(class_weights(options, labels, given).error().message, "all weights are 0: nothing would be learnt");
}

}  // namespace
}  // namespace mlopsctl::finetune
