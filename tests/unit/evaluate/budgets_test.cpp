#include "stages/evaluate/budgets.hpp"

#include <gtest/gtest.h>

namespace mlopsctl::evaluate {
namespace {

using engine::Outcome;

// 1, 2, ... 200 milliseconds.
std::vector<double> rising() {
  std::vector<double> all;
  for (int i = 200; i > 0; --i) all.push_back(i);
  return all;
}

TEST(Budgets, JudgeTheTimeByTheIntervalOfItsQuantile) {
  const engine::Check check = judge_latency(rising(), 250);
  EXPECT_EQ(check.outcome, Outcome::pass);
  EXPECT_EQ(check.name, "latency, 95 of 100 texts <= 250 ms");
  EXPECT_EQ(check.detail, "95 of 100 texts take 191 ms at most, one at a time (95 % interval 184 to 197, 200 measurements), the budget 250");
  EXPECT_EQ(judge_latency(rising(), 190).outcome, Outcome::inconclusive);
  EXPECT_EQ(judge_latency(rising(), 150).outcome, Outcome::fail);
  EXPECT_EQ(judge_latency({1, 1, 1}, 2).outcome, Outcome::inconclusive) << "three measurements say nothing of one text in twenty";
}

TEST(Budgets, JudgeTheSize) {
  EXPECT_EQ(judge_size(3.2, 4).outcome, Outcome::pass);
  const engine::Check check = judge_size(5.25, 4);
  EXPECT_EQ(check.outcome, Outcome::fail);
  EXPECT_EQ(check.detail, "the model takes 5.250 MB, the budget 4");
}

}  // namespace
}  // namespace mlopsctl::evaluate
