#include "stages/serve/scoring/waiting.hpp"

#include <gmock/gmock.h>

#include "tests/support/fake_model.hpp"

namespace mlopsctl::serve {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class WaitingTest : public ::testing::Test {
 protected:
  std::shared_ptr<Job> job(const std::string& name, const std::vector<uint32_t>& tokens, std::chrono::seconds deadline = 60s) {
    auto made = std::make_shared<Job>();
    for (size_t i = 0; i < tokens.size(); ++i) made->texts.push_back(name + std::to_string(i));
    made->tokens = tokens;
    for (const uint32_t each : tokens) made->all_tokens += each;
    made->deadline = SteadyTime() + deadline;
    waiting_.add(made);
    return made;
  }
  static std::vector<std::string> texts(const Batch& batch) {
    std::vector<std::string> all;
    for (const auto& part : batch.parts)
      for (size_t i = part.begin; i < part.end; ++i) all.push_back(part.job->texts[i]);
    return all;
  }
  std::shared_ptr<const LiveModel> model(int version) {
    return std::make_shared<const LiveModel>(LiveModel{::mlopsctl::testing::fake_model(calls_).value(), {}, "airline", std::to_string(version)});
  }

  ::mlopsctl::testing::FakeCalls calls_;
  Waiting waiting_{{.batch_tokens = 10, .queue_tokens = 30, .queue_requests = 5}};
  std::shared_ptr<const LiveModel> first_ = model(1), second_ = model(2);
  SteadyTime now_{1s};
};

TEST_F(WaitingTest, ABatchHasTextsOfSeveralRequestsInTheirOrder) {
  job("a", {3});
  job("b", {2, 2});
  job("c", {9});
  const Batch batch = waiting_.form(now_, first_);
  EXPECT_THAT(texts(batch), ElementsAre("a0", "b0", "b1", "c0"));  // the last may overrun the budget, by a text
  EXPECT_EQ(batch.tokens, 16U);
  EXPECT_EQ(batch.texts, 4U);
  EXPECT_EQ(batch.model, first_);
  EXPECT_TRUE(waiting_.empty());
  EXPECT_EQ(waiting_.tokens(), 0U);
}

TEST_F(WaitingTest, ALongRequestHoldsNobodyUp) {
  job("long", {6, 6, 6});
  job("short", {1});
  EXPECT_THAT(texts(waiting_.form(now_, first_)), ElementsAre("long0"));
  EXPECT_THAT(texts(waiting_.form(now_, first_)), ElementsAre("short0", "long1"));
  EXPECT_THAT(texts(waiting_.form(now_, first_)), ElementsAre("long2"));
  EXPECT_TRUE(waiting_.empty());
}

TEST_F(WaitingTest, ATextLongerThanABatchIsOneAlone) {
  job("huge", {500});
  EXPECT_THAT(texts(waiting_.form(now_, first_)), ElementsAre("huge0"));
}

TEST_F(WaitingTest, AWorkerTakesAFairShareAndNoMore) {
  waiting_ = Waiting({.batch_tokens = 2000, .queue_tokens = 10000, .queue_requests = 100, .workers = 2});
  for (int i = 0; i < 8; ++i) job("a", {100});
  const Batch first = waiting_.form(now_, first_);
  EXPECT_EQ(first.tokens, 400U);
  for (int i = 0; i < 2; ++i) job("b", {100});
  EXPECT_EQ(waiting_.form(now_, first_).tokens, 500U);  // of 400 that are being scored and 600 that wait
  waiting_.scored(400);
  waiting_.scored(500);
  EXPECT_EQ(waiting_.form(now_, first_).tokens, 100U);
  waiting_.scored(100);
  job("few", {50, 50, 50});
  EXPECT_EQ(waiting_.form(now_, first_).tokens, 150U);  // not worth sharing
}

TEST_F(WaitingTest, ARequestStaysWithTheModelThatBeganIt) {
  job("a", {6, 6});
  job("b", {1});
  job("c", {1});
  EXPECT_EQ(waiting_.form(now_, first_).model, first_);
  const Batch next = waiting_.form(now_, second_);
  EXPECT_THAT(texts(next), ElementsAre("b0", "c0"));  // a1 is the first model's: not in one batch with these
  EXPECT_EQ(next.model, second_);
  const Batch last = waiting_.form(now_, second_);
  EXPECT_THAT(texts(last), ElementsAre("a1"));
  EXPECT_EQ(last.model, first_);
}

TEST_F(WaitingTest, WhatIsLateIsNotScored) {
  const auto late = job("late", {3, 3}, 1s), begun = job("begun", {6, 6}, 2s);
  job("in time", {3});
  const Batch batch = waiting_.form(SteadyTime(1s), first_);
  EXPECT_THAT(batch.late, ElementsAre(late));
  EXPECT_EQ(late->fault->why, NotScored::Why::deadline);
  EXPECT_THAT(texts(batch), ElementsAre("begun0"));
  EXPECT_EQ(waiting_.tokens(), 9U);
  const Batch next = waiting_.form(SteadyTime(2s), first_);
  EXPECT_THAT(texts(next), ElementsAre("in time0"));
  EXPECT_THAT(next.late, ElementsAre(begun));
  EXPECT_EQ(waiting_.tokens(), 0U);
}

TEST_F(WaitingTest, WhatIsLeftOfAFailedRequestIsDropped) {
  const auto failed = job("a", {9, 9});
  waiting_.form(now_, first_);
  failed->fault = NotScored{NotScored::Why::failed, "no", 1};
  const Batch batch = waiting_.form(now_, first_);
  EXPECT_EQ(batch.texts, 0U);
  EXPECT_TRUE(batch.late.empty());
  EXPECT_EQ(waiting_.tokens(), 0U);
}

TEST_F(WaitingTest, IsFullWithItsTokensOrItsRequests) {
  for (int i = 0; i < 4; ++i) job("a", {1});
  EXPECT_FALSE(waiting_.full());
  job("a", {1});
  EXPECT_TRUE(waiting_.full());
  while (!waiting_.empty()) waiting_.form(now_, first_);
  EXPECT_FALSE(waiting_.full());
  job("b", {30});
  EXPECT_TRUE(waiting_.full());
}

}  // namespace
}  // namespace mlopsctl::serve
