#include "stages/train/profile.hpp"

#include <gmock/gmock.h>

#include <numeric>

namespace mlopsctl::train {
namespace {

TEST(LengthBins, AreExactWhenShortAndFivePercentWideWhenLong) {
  for (size_t length = 0; length <= 64; ++length) EXPECT_EQ(length_bin_start(length_bin(length)), length);
  for (size_t bin = 0; bin + 1 < length_bins(); ++bin) {
    const size_t start = length_bin_start(bin), next = length_bin_start(bin + 1);
    EXPECT_LT(start, next);
    EXPECT_LE(static_cast<double>(next), std::max(static_cast<double>(start) * 1.051, static_cast<double>(start) + 1));
    EXPECT_EQ(length_bin(start), bin);
    EXPECT_EQ(length_bin(next - 1), bin);
  }
  EXPECT_EQ(length_bin(size_t{1} << 60), length_bins() - 1);
}

Profile sample() {
  const std::vector<std::string_view> texts{"gr\xc3\xbc\xc3\x9f dich", "  two\twords\n", ""};
  const std::vector<float> probabilities{0.25F, 0.75F, 1, 0, 0.5F, 0.5F}, unknown{0.5F, 0, 1};
  const std::vector<int> given{1, 1, -1};
  return measure_profile("validation", {"no", "yes"}, texts, probabilities, unknown, given);
}

TEST(Profile, CountsWhatTheModelSees) {
  const Profile profile = sample();
  EXPECT_EQ(profile.rows, 3);
  EXPECT_THAT(profile.predicted, ::testing::ElementsAre(2, 1));
  EXPECT_THAT(profile.labelled, ::testing::ElementsAre(0, 2));
  EXPECT_THAT(profile.confusion, ::testing::ElementsAre(0, 0, 1, 1));
  EXPECT_EQ(profile.surplus.n, 2);
  EXPECT_NEAR(profile.surplus.mean, (0.25 - 1) / 2, 1e-7);
  EXPECT_EQ(profile.characters[9], 1);
  EXPECT_EQ(profile.characters[12], 1);
  EXPECT_EQ(profile.characters[0], 1);
  EXPECT_EQ(profile.tokens[2], 2);
  EXPECT_EQ(profile.tokens[0], 1);
  EXPECT_EQ(profile.confidence[15], 1);
  EXPECT_EQ(profile.confidence[19], 1);
  EXPECT_EQ(profile.confidence[10], 1);
  EXPECT_NEAR(profile.unknown.mean, 0.5, 1e-12);
  EXPECT_NEAR(profile.unknown.variance, 0.25, 1e-12);
}

TEST(Profile, SurvivesJson) {
  const Json json = to_json(sample());
  EXPECT_EQ(to_json(profile_from_json(json).value()), json);
  EXPECT_EQ(json["characters"], (Json{{0, 1}, {9, 1}, {12, 1}}));
}

TEST(Profile, CountsRepeatsInBlocksThatDoNotGrowWithTheWindow) {
  std::vector<std::string> words;
  for (size_t i = 0; i < 3 * kBlock + 7; ++i) words.push_back("word" + std::to_string(i));
  words[1] = words[0];
  words[kBlock] = words[0];  // of another block
  for (size_t i = 0; i < 5; ++i) words[2 * kBlock + i] = "again";
  const std::vector<std::string_view> texts(words.begin(), words.end());
  const std::vector<float> probabilities(2 * texts.size(), 0.5F);
  const Profile profile = measure_profile("", {"no", "yes"}, texts, probabilities, {}, {});
  EXPECT_EQ(profile.repeats[0], 1);
  EXPECT_EQ(profile.repeats[1], 1);
  EXPECT_EQ(profile.repeats[4], 1);
  EXPECT_EQ(std::accumulate(profile.repeats.begin(), profile.repeats.end(), int64_t{0}), 3) << "the last seven rows are no block";
}

TEST(Profile, OfAnOlderModelLacksWhatCameLater) {
  Json json = to_json(sample());
  for (const char* key : {"content", "repeats", "confusion", "surplus"}) json.erase(key);
  const auto profile = profile_from_json(json);
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->content.rows(), 0U);
  EXPECT_TRUE(profile->repeats.empty());
}

TEST(Profile, NamesWhatIsWrong) {
  const auto fault = [](const std::string& key, Json value) {
    Json json = to_json(sample());
    json[key] = std::move(value);
    return profile_from_json(json).error().message;
  };
  EXPECT_EQ(fault("rows", -1), "profile: rows is no count");
  EXPECT_EQ(fault("predicted", 5), "profile: predicted is no mapping");
  EXPECT_EQ(fault("characters", {1}), "profile: characters holds something other than [length, rows]");
  EXPECT_EQ(fault("confidence", Json::array()), "profile: confidence is no list of 20 counts");
  EXPECT_EQ(fault("confusion", {1, 2}), "profile: confusion has other labels");
  EXPECT_EQ(fault("labels", "no"), "profile: labels is no list");
}

}  // namespace
}  // namespace mlopsctl::train
