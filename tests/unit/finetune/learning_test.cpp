#include "stages/finetune/learning.hpp"

#include <gmock/gmock.h>

namespace mlopsctl::finetune {
namespace {

using ::testing::ElementsAre;

EncoderShape two_layers() {
  EncoderShape shape;
  shape.layers = 2;
  return shape;
}

auto learning(const Learners& learners, double decay = 1, Pooling pooling = Pooling::cls, Objective objective = Objective::classify) {
  return learning_of(two_layers(), objective, pooling, learners, decay);
}

std::vector<std::string> names(const std::map<std::string, NetworkOptions::Learning>& learning) {
  std::vector<std::string> all;
  for (const auto& [name, how] : learning) all.push_back(name);
  return all;
}

TEST(Learning, OfAFrozenEncoder) {
  EXPECT_THAT(names(learning({false, 0, false})), ElementsAre("classifier.bias", "classifier.weight"));
  EXPECT_THAT(names(learning({true, 0, false})), ElementsAre("bert.pooler.dense.bias", "bert.pooler.dense.weight", "classifier.bias", "classifier.weight"));
  EXPECT_THAT(names(learning({true, 0, false}, 1, Pooling::mean)), ElementsAre("classifier.bias", "classifier.weight"));
}

// 5 of embeddings, 16 of each of 2 layers, 2 of the pooler, 2 of the classifier.
TEST(Learning, OfEverything) {
  const auto all = learning({true, -1, true});
  EXPECT_EQ(all.size(), 41U);
  EXPECT_EQ(all.at("bert.embeddings.word_embeddings.weight").rate, 1);
  EXPECT_TRUE(all.at("bert.encoder.layer.1.attention.self.query.weight").decay);
  EXPECT_FALSE(all.at("bert.encoder.layer.1.attention.self.query.bias").decay);
  EXPECT_FALSE(all.at("bert.encoder.layer.0.attention.output.LayerNorm.weight").decay);
  EXPECT_EQ(learning({true, -1, false}).size(), 36U);
}

TEST(Learning, OfTheLastLayersOnly) {
  const auto one = learning({true, 1, false});
  EXPECT_EQ(one.size(), 20U);
  EXPECT_TRUE(one.contains("bert.encoder.layer.1.output.dense.weight"));
  EXPECT_FALSE(one.contains("bert.encoder.layer.0.output.dense.weight"));
  EXPECT_EQ(learning({true, 9, false}).size(), 36U) << "more layers than there are: all";
}

TEST(Learning, SlowsDownLayerByLayer) {
  const auto all = learning({true, -1, true}, 0.5);
  EXPECT_EQ(all.at("classifier.weight").rate, 1);
  EXPECT_EQ(all.at("bert.pooler.dense.weight").rate, 1);
  EXPECT_EQ(all.at("bert.encoder.layer.1.output.dense.weight").rate, 0.5);
  EXPECT_EQ(all.at("bert.encoder.layer.0.output.dense.weight").rate, 0.25);
  EXPECT_EQ(all.at("bert.embeddings.LayerNorm.bias").rate, 0.125);
}

TEST(Learning, OfMaskedLanguageModels) {
  const auto all = learning({true, -1, true}, 1, Pooling::cls, Objective::masked_language);
  EXPECT_EQ(all.size(), 37U + 5U);
  EXPECT_FALSE(all.contains("classifier.weight"));
  EXPECT_FALSE(all.contains("bert.pooler.dense.weight"));
  EXPECT_TRUE(all.contains("cls.predictions.transform.dense.weight"));
  EXPECT_FALSE(all.at("cls.predictions.bias").decay);
}

}  // namespace
}  // namespace mlopsctl::finetune
