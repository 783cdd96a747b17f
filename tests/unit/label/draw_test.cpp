#include "stages/label/draw.hpp"

#include <gmock/gmock.h>

#include <set>

#include "pipeline/base/random.hpp"
#include "pipeline/stats/paired.hpp"
#include "stages/evaluate/contest.hpp"

namespace mlopsctl::label {
namespace {

using ::testing::ElementsAre;

// Every tenth row differs; of those each second has `sure`, the others 1 as their chance that one model is right.
std::vector<PoolRow> pool_of(size_t rows, double sure = 1) {
  std::vector<PoolRow> pool;
  for (size_t i = 0; i < rows; ++i) pool.push_back({std::to_string(i), i % 10 == 0, i % 10 != 0 ? 0 : i % 20 == 0 ? sure : 1.0});
  return pool;
}

std::set<size_t> rows_of(const Draw& draw) {
  std::set<size_t> rows;
  for (const Draw::Row& each : draw.rows) rows.insert(each.row);
  return rows;
}

TEST(LabelDraw, GoesWhereTheModelsDiffer) {
  const Draw draw = label::draw(pool_of(5000), 200, 0.1, 1);
  ASSERT_EQ(draw.strata.size(), 2U);
  EXPECT_EQ(draw.strata[0].name, "both name the same label");
  EXPECT_EQ(draw.strata[0].rows, 4500);
  EXPECT_EQ(draw.strata[0].drawn, 20);
  EXPECT_EQ(draw.strata[1].name, "they differ");
  EXPECT_EQ(draw.strata[1].drawn, 180);
  EXPECT_EQ(rows_of(draw).size(), 200U);
  for (const Draw::Row& each : draw.rows) EXPECT_EQ(each.stratum, each.row % 10 == 0 ? 1U : 0U);
  // 180 of 500 rows that differ are as good as 1,800 of 5,000.
  EXPECT_NEAR(worth_of(draw.strata).even_rows, 1800, 1e-9);
  EXPECT_NEAR(worth_of(draw.strata).discordant, 0.1, 1e-12);
}

TEST(LabelDraw, TakesMoreOfThoseOfWhichOneModelIsProbablyRight) {
  const Draw draw = label::draw(pool_of(5000, 0.25), 200, 0.1, 1);
  ASSERT_EQ(draw.strata.size(), 3U);
  EXPECT_EQ(draw.strata[1].name, "they differ, perhaps neither is right");
  EXPECT_EQ(draw.strata[2].name, "they differ, one is probably right");
  EXPECT_EQ(draw.strata[1].rows, 250);
  // In proportion to the root of the chance: 1 to 2.
  EXPECT_EQ(draw.strata[1].drawn, 60);
  EXPECT_EQ(draw.strata[2].drawn, 120);
}

TEST(LabelDraw, MoreRowsHoldThoseOfFewer) {
  const auto pool = pool_of(3000, 0.25);
  std::set<size_t> before;
  for (int64_t rows = 5; rows < 700; rows += 45) {
    const auto now = rows_of(label::draw(pool, rows, 0.1, 7));
    EXPECT_EQ(now.size(), static_cast<size_t>(rows));
    EXPECT_TRUE(std::includes(now.begin(), now.end(), before.begin(), before.end())) << rows;
    before = now;
  }
  EXPECT_NE(rows_of(label::draw(pool, 50, 0.1, 8)), rows_of(label::draw(pool, 50, 0.1, 7)));
}

TEST(LabelDraw, TakesAllWhereFewAreLeft) {
  EXPECT_EQ(label::draw(pool_of(40), 100, 0.1, 1).rows.size(), 40U);
  const Draw most = label::draw(pool_of(100), 60, 0.1, 1);  // ten differ
  EXPECT_EQ(most.strata[1].drawn, 10);
  EXPECT_EQ(most.strata[0].drawn, 50);
  std::vector<PoolRow> all_differ(30);
  for (size_t i = 0; i < all_differ.size(); ++i) all_differ[i] = {std::to_string(i), true, 1};
  ASSERT_EQ(label::draw(all_differ, 10, 0.1, 1).strata.size(), 1U);
  EXPECT_EQ(label::draw(all_differ, 10, 0.1, 1).rows.size(), 10U);
}

// Over all draws the weighted mean of what the labels say is what all labels together would say.
TEST(LabelDraw, IsUnbiased) {
  const auto pool = pool_of(1000, 0.25);
  std::vector<double> gain;  // 1: only the challenger is right
  double truth = 0;
  Random random(5);
  for (const PoolRow& row : pool) {
    const double drawn = random.uniform();
    gain.push_back(!row.differ || drawn > row.discordant ? 0 : drawn < 0.7 * row.discordant ? 1 : -1);
    truth += gain.back() / 1000;
  }
  double sum = 0, squares = 0;
  constexpr int draws = 400;
  for (uint64_t seed = 0; seed < draws; ++seed) {
    const Draw draw = label::draw(pool, 40, 0.1, seed);
    double estimate = 0;
    for (const Draw::Row& each : draw.rows)
      estimate += gain[each.row] * static_cast<double>(draw.strata[each.stratum].rows) / static_cast<double>(draw.strata[each.stratum].drawn) / 1000;
    sum += estimate, squares += estimate * estimate;
  }
  const double mean = sum / draws, error = std::sqrt((squares / draws - mean * mean) / draws);
  EXPECT_NEAR(mean, truth, 3 * error);
  EXPECT_LT(error, 0.002);
}

// A gain of two points, a tenth of the rows right for just one of the two: the gate sees it as often with a ninth of the labels.
TEST(LabelDraw, NeedsANinthOfTheLabels) {
  const int64_t even = stats::mcnemar_rows(0.1, 0.02, 0.05, 0.8), labels = even / 9;
  ASSERT_NEAR(static_cast<double>(labels), 170, 30);
  int seen = 0;
  constexpr int trials = 300;
  for (uint64_t trial = 0; trial < trials; ++trial) {
    Random random(1000 + trial);
    std::vector<PoolRow> pool;
    for (size_t i = 0; i < 4000; ++i) pool.push_back({std::to_string(i), random.uniform() < 0.1, 1});
    const Draw draw = label::draw(pool, labels, 0.1, trial);
    std::vector<char> challenger, champion;
    std::vector<double> weights;
    for (const Draw::Row& each : draw.rows) {
      const bool wins = random.uniform() < 0.6;
      challenger.push_back(!pool[each.row].differ || wins);
      champion.push_back(!pool[each.row].differ || !wins);
      weights.push_back(static_cast<double>(draw.strata[each.stratum].rows) / static_cast<double>(draw.strata[each.stratum].drawn));
    }
    const auto comparison = evaluate::compare(challenger, champion, weights);
    seen += evaluate::decide_contest({"accuracy", 0, 0, true, true, 0, 0.05}, comparison, {}) == engine::Outcome::pass;
  }
  EXPECT_GE(seen, static_cast<int>(0.75 * trials));
  EXPECT_LT(stats::mcnemar_power(labels, 0.1, 0.02, 0.05), 0.2);
}

}  // namespace
}  // namespace mlopsctl::label
