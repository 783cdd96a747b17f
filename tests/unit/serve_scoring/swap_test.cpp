// How one model takes another's place.
#include <algorithm>
#include <cmath>
#include <limits>

#include "stages/serve/scoring/model_keeper.hpp"
#include "tests/unit/serve_scoring/scoring_support.hpp"

namespace mlopsctl::serve {
namespace {

using namespace std::chrono_literals;
using ::mlopsctl::testing::fake_model;
using ::mlopsctl::testing::fake_place;
using ::mlopsctl::testing::FakeCalls;
using ::testing::ElementsAre;

class SwapTest : public ::testing::Test {
 protected:
  // Version n answers with sharpness n, so that every answer shows whose it is.
  ModelSource source() {
    return {[this]() -> Result<ModelPlace> {
              if (!index_fault_.empty()) return config_error(index_fault_);
              return fake_place("airline", version_);
            },
            [this](const ModelPlace& place) -> Result<ml::Model> {
              ++opened_;
              if (!load_fault_.empty()) return stage_error(load_fault_);
              auto& calls = models_.emplace_back(std::make_unique<FakeCalls>());
              calls->sharpness = broken_ ? std::numeric_limits<double>::quiet_NaN() : std::stod(place.version);
              calls->before = door_.hold();
              return fake_model(*calls, labels_);
            }};
  }
  ModelKeeper& keep() {
    keeper_ = ModelKeeper::open(source(), {1, [this] { return now_; }, [this](const std::string& sentence) { said_.push_back(sentence); }}).value();
    return *keeper_;
  }

  std::atomic<int> version_{1};
  int opened_ = 0;
  bool broken_ = false;
  std::string load_fault_, index_fault_;
  std::vector<std::string> labels_{"negative", "positive"}, said_;
  SteadyTime now_{100s};
  Door door_;
  std::vector<std::unique_ptr<FakeCalls>> models_;  // outlive the models
  std::unique_ptr<ModelKeeper> keeper_;
};

TEST_F(SwapTest, TheNewModelTakesThePlaceOfTheOld) {
  ModelKeeper& keeper = keep();
  EXPECT_TRUE(keeper.refresh().ok());
  EXPECT_EQ(opened_, 1);  // nothing moved
  version_ = 2;
  ASSERT_TRUE(keeper.refresh().ok());
  EXPECT_EQ(keeper.current()->version, "2");
  EXPECT_EQ(keeper.current()->digest, digest_of("airline 2"));
  EXPECT_EQ(keeper.swaps(), 1U);
  EXPECT_THAT(said_, ElementsAre("now answering: alias airline, version 2 (" + digest_of("airline 2").brief() + ")"));
}

TEST_F(SwapTest, TheOldOneGoesWhenItsLastRequestIsAnswered) {
  ModelKeeper& keeper = keep();
  auto in_use = keeper.current();
  version_ = 2;
  ASSERT_TRUE(keeper.refresh().ok());
  ASSERT_TRUE(keeper.refresh().ok());
  EXPECT_EQ(keeper.draining(), 1U);
  in_use.reset();
  ASSERT_TRUE(keeper.refresh().ok());
  EXPECT_EQ(keeper.draining(), 0U);
}

TEST_F(SwapTest, OtherLabelsAreRefused) {
  ModelKeeper& keeper = keep();
  version_ = 2;
  labels_ = {"negative", "neutral", "positive"};
  const Status refused = keeper.refresh();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "alias airline, version 2 has the labels negative, neutral, positive; the model that answers has negative, positive");
  EXPECT_EQ(refused.error().hint, "clients know the old labels: start a server of its own for the new ones");
  EXPECT_EQ(keeper.current()->version, "1");
  EXPECT_EQ(keeper.refusal(), refused.error().message);
  EXPECT_THAT(said_, ElementsAre("kept the old model: " + refused.error().message));
}

TEST_F(SwapTest, AModelThatGivesNoProbabilitiesIsRefused) {
  ModelKeeper& keeper = keep();
  version_ = 2;
  broken_ = true;
  const Status refused = keeper.refresh();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message.substr(0, 57), "alias airline, version 2 gives \"\" the probability nan of ");
  EXPECT_EQ(keeper.current()->version, "1");
  EXPECT_EQ(keeper.refused(), 1U);
}

TEST_F(SwapTest, ARefusedModelIsTriedAgainAfterAMinuteAndAnotherAtOnce) {
  ModelKeeper& keeper = keep();
  version_ = 2;
  load_fault_ = "model.safetensors is cut off";
  EXPECT_FALSE(keeper.refresh().ok());
  EXPECT_TRUE(keeper.refresh().ok());
  EXPECT_EQ(opened_, 2);
  now_ += 60s;
  EXPECT_EQ(keeper.refresh().error().message, "alias airline, version 2: model.safetensors is cut off");
  EXPECT_EQ(opened_, 3);
  load_fault_.clear();
  version_ = 3;
  EXPECT_TRUE(keeper.refresh().ok());
  EXPECT_EQ(keeper.current()->version, "3");
  EXPECT_EQ(keeper.refusal(), "");
}

TEST_F(SwapTest, AnIndexThatCannotBeReadLeavesTheModelInPlace) {
  ModelKeeper& keeper = keep();
  index_fault_ = "cannot open .mlopsctl/index.db";
  EXPECT_EQ(keeper.refresh().error().message, "cannot open .mlopsctl/index.db");
  EXPECT_EQ(keeper.current()->version, "1");
  EXPECT_EQ(keeper.refused(), 0U);
}

ScoringOptions quiet(int workers) {
  ScoringOptions options;
  options.workers = workers;
  options.watch = 0ms;
  options.limits.batch_tokens = 64;
  return options;
}

TEST_F(SwapTest, ARequestThatWasBegunEndsWithItsModel) {
  const auto scorer = make_scorer(quiet(1), source()).value();
  auto begun = ask(*scorer, {"held" + std::string(60, 'x'), "good"});
  door_.wait_for_somebody();
  version_ = 2;
  ASSERT_TRUE(scorer->refresh().ok());
  auto fresh = ask(*scorer, {"good"});
  door_.open();
  const Got old = begun.get();
  EXPECT_EQ(old.result.model->version, "1");
  EXPECT_NEAR(static_cast<double>(old.result.probabilities[3]), 1 / (1 + std::exp(-1)), 1e-6);
  EXPECT_EQ(fresh.get().result.model->version, "2");
}

// Line 5 of the promise, without sockets: many swaps under load, none failed, none mixed.
TEST_F(SwapTest, SwapsUnderLoadFailNothingAndMixNothing) {
  const auto scorer = make_scorer(quiet(2), source()).value();
  std::atomic<bool> ended{false};
  std::atomic<int> answered{0}, wrong{0}, failed{0};
  std::vector<std::thread> clients;
  for (int client = 0; client < 4; ++client)
    clients.emplace_back([&] {
      while (!ended) {
        const Got got = ask(*scorer, {"good", "bad", std::string(70, 'x'), "good again"}).get();
        ++answered;
        if (!got.scored) {
          ++failed;
          continue;
        }
        const double sharpness = std::stod(got.result.model->version), expected = 1 / (1 + std::exp(-sharpness));
        for (const size_t right : {1U, 2U, 4U, 7U}) wrong += std::abs(static_cast<double>(got.result.probabilities[right]) - expected) > 1e-6;
      }
    });
  for (int version = 2; version <= 21; ++version) {
    const int before = answered;
    while (answered < before + 20) std::this_thread::yield();
    version_ = version;
    ASSERT_TRUE(scorer->refresh().ok());
  }
  ended = true;
  for (auto& client : clients) client.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(scorer->stats().swaps, 20U);
  EXPECT_EQ(scorer->current()->version, "21");
}

}  // namespace
}  // namespace mlopsctl::serve
