#include "stages/serve/scoring/shadow.hpp"

#include <cmath>

#include "tests/unit/serve_scoring/scoring_support.hpp"

namespace mlopsctl::serve {
namespace {

using namespace std::chrono_literals;
using ::mlopsctl::testing::fake_model;
using ::mlopsctl::testing::fake_place;

class ShadowTest : public ::testing::Test {
 protected:
  static ModelSource source(const std::string& name, ::mlopsctl::testing::FakeCalls& calls, std::vector<std::string> labels = {"negative", "positive"}) {
    return {[name] { return fake_place(name, 1); }, [&calls, labels](const ModelPlace&) { return fake_model(calls, labels); }};
  }
  Scored scored(std::vector<std::string> texts, const std::shared_ptr<const LiveModel>& model) {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    return {model, model->model.score_raw(views, CancelToken()).value(), std::move(texts), {}, {}, 0, 0};
  }
  std::shared_ptr<const LiveModel> live() { return load_checked(source("live", live_), fake_place("live", 1), 1, nullptr).value(); }
  std::unique_ptr<Shadow> shadow() {
    auto made = std::make_unique<Shadow>(ModelKeeper::open(source("candidate", second_), {}).value(), nullptr);
    made->settle();
    second_.before = door_.hold();
    return made;
  }

  ::mlopsctl::testing::FakeCalls live_, second_;
  Door door_;
};

TEST_F(ShadowTest, CountsHowOftenBothNameTheSameLabel) {
  second_.sharpness = -1;  // the opposite, less surely
  const auto model = live();
  const auto beside = shadow();
  beside->offer(scored({"good", "bad"}, model));
  beside->settle();
  Agreement seen = beside->agreement();
  EXPECT_EQ(seen.model, "candidate");
  EXPECT_EQ(seen.digest, digest_of("candidate 1"));
  EXPECT_EQ(seen.compared, 2U);
  EXPECT_EQ(seen.agreed, 0U);
  EXPECT_NEAR(seen.mean_distance, 1 / (1 + std::exp(-2)) - 1 / (1 + std::exp(1)), 1e-6);
  EXPECT_EQ(seen.skipped, 0U);
}

TEST_F(ShadowTest, WhatItHasNoRoomForItDoesNotSee) {
  const auto model = live();
  const auto beside = shadow();
  beside->offer(scored({"held"}, model));
  door_.wait_for_somebody();
  beside->offer(scored(std::vector<std::string>(200, "good"), model));
  beside->offer(scored(std::vector<std::string>(57, "good"), model));  // 256 may wait
  EXPECT_EQ(beside->agreement().skipped, 57U);
  door_.open();
  beside->settle();
  EXPECT_EQ(beside->agreement().compared, 201U);
  EXPECT_EQ(beside->agreement().agreed, 201U);
}

TEST_F(ShadowTest, SeesALongRequestWhenItHasNothingElse) {
  const auto model = live();
  const auto beside = shadow();
  beside->offer(scored(std::vector<std::string>(300, "good"), model));
  beside->settle();
  EXPECT_EQ(beside->agreement().compared, 300U);
  EXPECT_EQ(beside->agreement().skipped, 0U);
}

TEST_F(ShadowTest, CountsFromZeroForAnotherModel) {
  const auto model = live();
  int version = 1;
  const auto beside = std::make_unique<Shadow>(ModelKeeper::open({[&version] { return fake_place("candidate", version); },
                                                                  [this](const ModelPlace&) {
                                                                    return fake_model(second_, {"negative", "positive"});
                                                                  }},
                                                                 {})
                                                   .value(),
                                               nullptr);
  beside->settle();
  beside->offer(scored({"good", "bad"}, model));
  beside->settle();
  EXPECT_EQ(beside->agreement().compared, 2U);
  version = 2;
  ASSERT_TRUE(beside->keeper().refresh().ok());
  EXPECT_EQ(beside->agreement().digest, digest_of("candidate 2"));
  EXPECT_EQ(beside->agreement().compared, 0U);
  beside->offer(scored({"good"}, model));
  beside->settle();
  EXPECT_EQ(beside->agreement().compared, 1U);
  beside->offer(scored({"good"}, load_checked(source("live", live_), fake_place("live", 2), 1, nullptr).value()));
  beside->settle();
  EXPECT_EQ(beside->agreement().compared, 1U);
}

TEST_F(ShadowTest, ItsFailuresAreItsOwn) {
  const auto model = live();
  const auto beside = shadow();
  second_.before = [](std::span<const std::string_view>) -> Status { return stage_error("out of memory"); };
  beside->offer(scored({"good"}, model));
  beside->settle();
  second_.before = [](std::span<const std::string_view>) -> Status { throw std::runtime_error("worse"); };
  beside->offer(scored({"good"}, model));
  beside->settle();
  EXPECT_EQ(beside->agreement().compared, 0U);
  EXPECT_EQ(beside->agreement().skipped, 2U);
}

ScoringOptions quiet() {
  ScoringOptions options;
  options.watch = 0ms;
  return options;
}

TEST_F(ShadowTest, AnswersDoNotWaitForIt) {
  const auto scorer = make_scorer(quiet(), source("live", live_), source("candidate", second_)).value();
  second_.before = door_.hold();
  // What comes while the shadow's thread has its lock is skipped.
  while (!door_.somebody()) EXPECT_TRUE(ask(*scorer, {"held"}).get().scored);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(*scorer, {"good"}).get().result.model->name, "live");
  EXPECT_EQ(scorer->stats().shadow->compared, 0U);
  door_.open();
}

TEST_F(ShadowTest, HasTheSameLabels) {
  const auto refused = make_scorer(quiet(), source("live", live_), source("candidate", second_, {"bad", "good", "so so"}));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "the shadow model has other labels than the model that answers");
}

}  // namespace
}  // namespace mlopsctl::serve
