#include "stages/finetune/batches.hpp"

#include <algorithm>
#include <numeric>

#include <gmock/gmock.h>

#include "pipeline/base/random.hpp"

namespace mlopsctl::finetune {
namespace {

using ::testing::ElementsAre;

std::vector<int32_t> tweet_lengths(size_t count) {
  Random random(7);
  std::vector<int32_t> lengths(count);
  for (int32_t& length : lengths) length = 8 + static_cast<int32_t>(random.below(43));
  return lengths;
}

std::vector<uint32_t> everyone(const std::vector<Group>& groups) {
  std::vector<uint32_t> all;
  for (const Group& group : groups) all.insert(all.end(), group.begin(), group.end());
  std::sort(all.begin(), all.end());
  return all;
}

TEST(Batches, HoldEveryTextOnceWithinTheBudgetAndLittlePadding) {
  const auto lengths = tweet_lengths(10'007);
  const auto groups = shuffled_groups(lengths, {2048, 0}, 1);
  std::vector<uint32_t> wanted(lengths.size());
  std::iota(wanted.begin(), wanted.end(), 0U);
  EXPECT_EQ(everyone(groups), wanted);
  int64_t padded = 0;
  for (const Group& group : groups) {
    int32_t longest = 0;
    for (const uint32_t text : group) longest = std::max(longest, lengths[text]);
    EXPECT_LE(static_cast<int64_t>(group.size()) * longest, 2048);
    padded += static_cast<int64_t>(group.size()) * longest;
  }
  const auto tokens = std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
  EXPECT_LT(static_cast<double>(padded), 1.03 * static_cast<double>(tokens));
  // Nothing is wasted by half-empty groups either.
  EXPECT_LT(static_cast<double>(groups.size()), 1.1 * static_cast<double>(tokens) / 2048);
}

TEST(Batches, AreAFunctionOfTheSeed) {
  const auto lengths = tweet_lengths(1000);
  EXPECT_EQ(shuffled_groups(lengths, {512, 0}, 1), shuffled_groups(lengths, {512, 0}, 1));
  EXPECT_NE(shuffled_groups(lengths, {512, 0}, 1), shuffled_groups(lengths, {512, 0}, 2));
  std::vector<uint64_t> seeds;
  for (uint64_t purpose = 0; purpose < 10; ++purpose)
    for (uint64_t place = 0; place < 100; ++place) seeds.push_back(seed_for(1, purpose, place));
  std::sort(seeds.begin(), seeds.end());
  EXPECT_EQ(std::unique(seeds.begin(), seeds.end()), seeds.end());
}

// Both shuffles work: which texts share a window, and in which order the groups come.
TEST(Batches, MixLengthsAcrossTheEpoch) {
  const auto lengths = tweet_lengths(20'000);
  const auto groups = shuffled_groups(lengths, {2048, 0}, 1);
  double first = 0, second = 0;
  for (size_t i = 0; i < groups.size(); ++i) (i < groups.size() / 2 ? first : second) += lengths[groups[i].front()];
  EXPECT_NEAR(first / second, 1, 0.1);
}

TEST(Batches, CountRowsWhereAsked) {
  std::vector<size_t> sizes;
  for (const Group& group : shuffled_groups(tweet_lengths(70), {2048, 32}, 1)) sizes.push_back(group.size());
  std::sort(sizes.begin(), sizes.end());
  EXPECT_THAT(sizes, ElementsAre(6, 32, 32));
}

TEST(Batches, ATextLongerThanTheBudgetGoesAlone) {
  const std::vector<int32_t> lengths{5, 900, 5, 700};
  EXPECT_THAT(sorted_groups(lengths, {100, 0}), ElementsAre(ElementsAre(1), ElementsAre(3), ElementsAre(0, 2)));
  EXPECT_EQ(everyone(shuffled_groups(lengths, {100, 0}, 3)), (std::vector<uint32_t>{0, 1, 2, 3}));
  EXPECT_TRUE(shuffled_groups({}, {100, 0}, 3).empty());
}

}  // namespace
}  // namespace mlopsctl::finetune
