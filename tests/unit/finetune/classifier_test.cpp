#include "stages/finetune/classifier.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <thread>

#include "tests/unit/finetune/fitting.hpp"

namespace mlopsctl::finetune {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;

class BertClassifier : public ::testing::Test {
 protected:
  BertClassifier() {
    EXPECT_TRUE(fitting_.run().ok());
    description_ = {{"params", fitting_.model}, {"labels", fitting_.labels}, {"family", Json::object()}};
  }
  Result<std::unique_ptr<ml::Classifier>> load() const { return load_classifier(fitting_.folder / "model", description_, fitting_.factory); }
  static std::vector<double> scores(const ml::Classifier& classifier, const std::vector<std::string>& texts, std::vector<float>* unknown = nullptr) {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    const CancelToken cancel;
    return classifier.scores(views, cancel, unknown).value();
  }

  Fitting fitting_;
  Json description_;
};

TEST_F(BertClassifier, GivesWhatWasLearnt) {
  const auto classifier = load();
  ASSERT_TRUE(classifier.ok()) << classifier.error().message;
  EXPECT_EQ((*classifier)->score_kind(), ml::ScoreKind::log_probability);
  const auto given = scores(**classifier, fitting_.validation.texts);
  for (size_t i = 0; i < fitting_.validation.labels.size(); ++i)
    EXPECT_EQ(
        std::max_element(given.begin() + static_cast<long>(3 * i), given.begin() + static_cast<long>(3 * i + 3)) - given.begin() - static_cast<long>(3 * i),
        fitting_.validation.labels[i]);
}

TEST_F(BertClassifier, WhatLearntInBf16ScoresWhereThereIsNone) {
  description_["params"]["precision"] = "bf16";
  ASSERT_TRUE(load().ok());
  EXPECT_EQ(fitting_.factory.last_options.precision, Precision::bf16);
  fitting_.factory.has_bf16 = false;
  ASSERT_TRUE(load().ok());
  EXPECT_EQ(fitting_.factory.last_options.precision, Precision::f32);
}

TEST_F(BertClassifier, SeveralThreadsMayAskAtOnce) {
  const auto classifier = load().value();
  const auto alone = scores(*classifier, fitting_.validation.texts);
  ASSERT_TRUE(classifier->share(2).ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)  // more than it was told of: they wait for one another
    threads.emplace_back([&] {
      for (int turn = 0; turn < 20; ++turn) EXPECT_EQ(scores(*classifier, fitting_.validation.texts), alone);
    });
  for (auto& thread : threads) thread.join();
}

TEST_F(BertClassifier, TellsHowManyTokensATextHas) {
  const auto classifier = load().value();
  EXPECT_EQ(classifier->tokens(""), 2U);  // [CLS] and [SEP]
  EXPECT_GT(classifier->tokens("good crew"), 2U);
  EXPECT_EQ(classifier->tokens(std::string(100'000, 'a')),
            classifier->tokens("good good good good good good good good good good good good good good good good good"));
}

// More texts than a window holds, of all lengths, in any order: each as it is alone.
TEST_F(BertClassifier, KeepsTheOrderOfTheTexts) {
  const auto classifier = load().value();
  std::vector<std::string> texts;
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (size_t k = random() % 14; k > 0; --k) text += std::vector<std::string>{"late ", "good ", "crew ", "the ", "!"}[random() % 5];
    texts.push_back(text);
  }
  const auto together = scores(*classifier, texts);
  ASSERT_EQ(together.size(), texts.size() * 3);
  for (size_t i = 0; i < texts.size(); i += 997) {
    const auto alone = scores(*classifier, {texts[i]});
    for (size_t k = 0; k < 3; ++k) EXPECT_DOUBLE_EQ(alone[k], together[3 * i + k]) << i;
  }
}

TEST_F(BertClassifier, CountsTokensItDoesNotKnow) {
  std::vector<float> unknown;
  (void)scores(*load().value(), {"", "the crew", "the xyz", "xyz"}, &unknown);
  EXPECT_THAT(unknown, ElementsAre(FloatEq(0), FloatEq(0), FloatEq(0.5), FloatEq(1)));
}

TEST_F(BertClassifier, ScoresWithoutTheGpuItLearntOn) {
  description_["params"]["device"] = "cuda";
  const auto classifier = load();
  ASSERT_TRUE(classifier.ok()) << classifier.error().message;
  EXPECT_EQ(fitting_.factory.last_options.device, "cpu");
}

TEST_F(BertClassifier, RefusesAHeadOfOtherLabels) {
  description_["labels"] = {"no", "yes"};
  const auto refused = load();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "model.safetensors: classifier.weight has 3 rows, model.json has 2 labels");
}

}  // namespace
}  // namespace mlopsctl::finetune
