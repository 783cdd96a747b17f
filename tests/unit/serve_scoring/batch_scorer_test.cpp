#include "stages/serve/scoring/batch_scorer.hpp"

#include <stdexcept>

#include "tests/unit/serve_scoring/scoring_support.hpp"

namespace mlopsctl::serve {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class BatchScorerTest : public ::testing::Test {
 protected:
  BatchScorerTest() {
    options_.workers = 1;
    options_.watch = 0ms;
    options_.limits = {.batch_tokens = 40, .queue_tokens = 60, .queue_requests = 100};
    options_.now = [this] { return SteadyTime(std::chrono::seconds(seconds_.load())); };
    options_.on_batch = [this](const BatchNote& note) {
      const std::lock_guard lock(mutex_);
      notes_.push_back(note);
    };
  }
  Scorer& start() {
    const ModelSource source{[] { return ::mlopsctl::testing::fake_place("airline", 3); },
                             [this](const ModelPlace&) { return ::mlopsctl::testing::fake_model(calls_); }};
    scorer_ = make_scorer(options_, source).value();
    calls_.seen.clear();  // the check of the new model
    calls_.before = door_.hold();
    return *scorer_;
  }
  // The one worker is busy from here until the door is opened.
  std::future<Got> hold(Scorer& scorer) {
    auto held = ask(scorer, {"held"});
    door_.wait_for_somebody();
    return held;
  }

  std::atomic<int> seconds_{1};
  ::mlopsctl::testing::FakeCalls calls_;
  Door door_;
  ScoringOptions options_;
  std::mutex mutex_;
  std::vector<BatchNote> notes_;
  std::unique_ptr<BatchScorer> scorer_;
};

TEST_F(BatchScorerTest, GivesProbabilitiesTheModelAndTheTexts) {
  Got got = ask(start(), {"good crew", "late"}).get();
  ASSERT_TRUE(got.scored);
  EXPECT_THAT(got.result.texts, ElementsAre("good crew", "late"));
  ASSERT_EQ(got.result.probabilities.size(), 4U);
  EXPECT_NEAR(static_cast<double>(got.result.probabilities[1]), 0.880797, 1e-6);
  EXPECT_NEAR(static_cast<double>(got.result.probabilities[2]), 0.880797, 1e-6);
  EXPECT_EQ(got.result.model->name, "airline");
  EXPECT_EQ(got.result.model->version, "3");
  EXPECT_EQ(got.result.model->digest, digest_of("airline 3"));
  EXPECT_EQ(got.result.tokens, 13U);
  EXPECT_EQ(got.result.batch_texts, 2U);
  EXPECT_EQ(scorer_->current(), got.result.model);
}

TEST_F(BatchScorerTest, WhatCameMeanwhileIsScoredTogether) {
  Scorer& scorer = start();
  auto held = hold(scorer);
  auto one = ask(scorer, {"one"}), two = ask(scorer, {"two", "good"});
  EXPECT_EQ(scorer.stats().requests_waiting, 2U);
  EXPECT_EQ(scorer.stats().tokens_waiting, 10U);
  door_.open();
  EXPECT_TRUE(held.get().scored);
  EXPECT_TRUE(one.get().scored);
  EXPECT_EQ(two.get().result.batch_texts, 3U);
  EXPECT_THAT(calls_.batches(), ElementsAre(ElementsAre("held"), ElementsAre("one", "two", "good")));
  const std::lock_guard lock(mutex_);
  ASSERT_EQ(notes_.size(), 2U);
  EXPECT_EQ(notes_[1].requests, 2U);
  EXPECT_EQ(notes_[1].texts, 3U);
  EXPECT_EQ(notes_[1].tokens, 10U);
}

TEST_F(BatchScorerTest, ALongRequestGoesThroughInPieces) {
  Scorer& scorer = start();
  auto held = hold(scorer);
  std::vector<std::string> many(5, std::string(15, 'x'));
  many[4] = "good";
  auto lengthy = ask(scorer, many);
  door_.open();
  const Got got = lengthy.get();
  ASSERT_EQ(got.result.probabilities.size(), 10U);
  EXPECT_GT(got.result.probabilities[9], 0.5F);
  for (size_t text = 0; text < 4; ++text) EXPECT_GT(got.result.probabilities[2 * text], 0.5F);
  EXPECT_EQ(calls_.batches().size(), 3U);  // 1 held, then 2 and 3 texts
}

TEST_F(BatchScorerTest, AFullQueueRefusesAtOnce) {
  Scorer& scorer = start();
  auto held = hold(scorer);
  auto waiting = ask(scorer, {std::string(60, 'x')});
  const Got refused = ask(scorer, {"more"}).get();
  EXPECT_FALSE(refused.scored);
  EXPECT_EQ(refused.fault.why, NotScored::Why::queue_full);
  EXPECT_EQ(refused.fault.what, "too many texts wait already");
  EXPECT_EQ(refused.fault.retry_after_s, 1);
  EXPECT_EQ(scorer.stats().queue_full, 1U);
  door_.open();
  EXPECT_TRUE(waiting.get().scored);
  EXPECT_TRUE(ask(scorer, {"more"}).get().scored);
}

TEST_F(BatchScorerTest, WhatIsLateIsToldSo) {
  Scorer& scorer = start();
  auto held = hold(scorer);
  auto late = ask(scorer, {"late"}, SteadyTime(5s)), in_time = ask(scorer, {"in time"}, SteadyTime(7s));
  seconds_ = 6;
  door_.open();
  const Got got = late.get();
  EXPECT_FALSE(got.scored);
  EXPECT_EQ(got.fault.why, NotScored::Why::deadline);
  EXPECT_EQ(got.fault.what, "its deadline passed before it was scored");
  EXPECT_TRUE(in_time.get().scored);
  EXPECT_EQ(scorer.stats().late, 1U);
  EXPECT_THAT(calls_.batches(), ElementsAre(ElementsAre("held"), ElementsAre("in time")));
}

TEST_F(BatchScorerTest, AModelThatFailsFailsItsBatchAlone) {
  Scorer& scorer = start();
  calls_.before = [](std::span<const std::string_view> texts) -> Status {
    if (texts.front() == "error") return stage_error("out of memory in the encoder");
    if (texts.front() == "throw") throw std::runtime_error("std::bad_alloc");
    return {};
  };
  const Got error = ask(scorer, {"error"}).get();
  EXPECT_EQ(error.fault.why, NotScored::Why::failed);
  EXPECT_EQ(error.fault.what, "out of memory in the encoder");
  EXPECT_EQ(ask(scorer, {"throw"}).get().fault.what, "std::bad_alloc");
  EXPECT_TRUE(ask(scorer, {"fine"}).get().scored);
  EXPECT_EQ(scorer.stats().failed, 2U);
}

TEST_F(BatchScorerTest, StoppedItTakesNoMoreAndAnswersWhatItTook) {
  Scorer& scorer = start();
  auto held = hold(scorer), waiting = ask(scorer, {"waiting"});
  scorer.stop();
  const Got refused = ask(scorer, {"more"}).get();
  EXPECT_EQ(refused.fault.why, NotScored::Why::stopping);
  EXPECT_EQ(refused.fault.what, "the server is going down");
  door_.open();
  scorer_.reset();
  EXPECT_TRUE(held.get().scored);
  EXPECT_TRUE(waiting.get().scored);
}

TEST_F(BatchScorerTest, ACheapModelScoresShortRequestsWhereTheyComeFrom) {
  calls_.cheap = true;
  options_.inline_bytes = 20;
  Scorer& scorer = start();
  std::thread::id where;
  calls_.before = [&](std::span<const std::string_view>) {
    where = std::this_thread::get_id();
    return Status();
  };
  auto brief = ask(scorer, {"good"});
  EXPECT_EQ(brief.wait_for(0s), std::future_status::ready);
  EXPECT_TRUE(where == std::this_thread::get_id());
  EXPECT_EQ(brief.get().result.tokens, 4U);
  EXPECT_TRUE(ask(scorer, {std::string(21, 'x')}).get().scored);
  EXPECT_FALSE(where == std::this_thread::get_id());
  EXPECT_EQ(ask(scorer, {"late"}, SteadyTime(1s)).get().fault.why, NotScored::Why::deadline);
  EXPECT_EQ(scorer.stats().texts, 2U);
}

TEST_F(BatchScorerTest, NoTextsAreScoredAtOnce) {
  const Got got = ask(start(), {}).get();
  EXPECT_TRUE(got.scored);
  EXPECT_NE(got.result.model, nullptr);
  EXPECT_TRUE(got.result.probabilities.empty());
}

TEST_F(BatchScorerTest, SaysWhyThereIsNoFirstModel) {
  const ModelSource nowhere{[]() -> Result<ModelPlace> { return config_error("there is no model \"airline\""); }};
  const auto failed = make_scorer(options_, nowhere);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().message, "there is no model \"airline\"");
}

}  // namespace
}  // namespace mlopsctl::serve
