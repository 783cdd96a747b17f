#include "stages/preprocess/split.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mlopsctl::preprocess {
namespace {

std::vector<std::string_view> labels(size_t negative, size_t positive) {
  std::vector<std::string_view> result(negative, "negative");
  result.insert(result.end(), positive, "positive");
  return result;
}

std::map<std::pair<int, std::string_view>, size_t> count(const std::vector<int>& parts, const std::vector<std::string_view>& of) {
  std::map<std::pair<int, std::string_view>, size_t> counts;
  for (size_t i = 0; i < parts.size(); ++i) ++counts[{parts[i], of[i]}];
  return counts;
}

TEST(Split, KeepsTheLabelMixInEveryPart) {
  const auto rows = labels(800, 200);
  const auto counts = count(split({{0.8, 0.1, 0.1}, 42, true}, rows, {}), rows);
  const std::map<std::pair<int, std::string_view>, size_t> expected = {{{0, "negative"}, 640}, {{0, "positive"}, 160}, {{1, "negative"}, 80},
                                                                       {{1, "positive"}, 20},  {{2, "negative"}, 80},  {{2, "positive"}, 20}};
  EXPECT_EQ(counts, expected);
}

TEST(Split, GivesEveryRowAPartWhenSharesDoNotDivide) {
  const auto rows = labels(7, 4);
  const auto parts = split({{0.6, 0.4}, 1, false}, rows, {});
  EXPECT_EQ(std::count(parts.begin(), parts.end(), 0), 7);  // 6.6 rounds up: the largest remainder
  EXPECT_EQ(std::count(parts.begin(), parts.end(), 1), 4);
}

TEST(Split, IsTheSameForTheSameSeedAndAnotherForAnother) {
  const auto rows = labels(50, 50);
  const SplitRequest request{{0.5, 0.5}, 7, true};
  EXPECT_EQ(split(request, rows, {}), split(request, rows, {}));
  EXPECT_NE(split(request, rows, {}), split({{0.5, 0.5}, 8, true}, rows, {}));
}

TEST(Split, SharesNeedNotSumToOne) {
  const auto rows = labels(30, 0);
  const auto parts = split({{2, 1}, 1, true}, rows, {});
  EXPECT_EQ(std::count(parts.begin(), parts.end(), 0), 20);
}

TEST(Split, NeverSeparatesAGroup) {
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) names.push_back("sentence " + std::to_string(i / 5));
  const std::vector<std::string_view> groups(names.begin(), names.end()), rows(300, "x");
  const auto parts = split({{0.67, 0.33}, 42, true}, rows, groups);
  std::map<std::string_view, std::set<int>> seen;
  for (size_t i = 0; i < parts.size(); ++i) seen[groups[i]].insert(parts[i]);
  for (const auto& [group, in] : seen) EXPECT_EQ(in.size(), 1u) << group;
  EXPECT_NEAR(static_cast<double>(std::count(parts.begin(), parts.end(), 0)), 201, 5);
}

TEST(Sample, TakesTheAskedNumberWithTheLabelMix) {
  const auto rows = labels(900, 100);
  const auto chosen = sample(100, 3, rows);
  EXPECT_EQ(chosen.size(), 100u);
  EXPECT_TRUE(std::is_sorted(chosen.begin(), chosen.end()));
  EXPECT_EQ(std::set<size_t>(chosen.begin(), chosen.end()).size(), 100u);
  EXPECT_EQ(std::count_if(chosen.begin(), chosen.end(), [](size_t i) { return i >= 900; }), 10);
}

TEST(Sample, TakesAllWhenAskedForMore) { EXPECT_EQ(sample(50, 1, labels(3, 2)).size(), 5u); }

}  // namespace
}  // namespace mlopsctl::preprocess
