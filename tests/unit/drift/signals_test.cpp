#include "stages/drift/pictures.hpp"

#include <gmock/gmock.h>

#include "pipeline/base/random.hpp"
#include "pipeline/stats/proportion.hpp"

namespace mlopsctl::drift {
namespace {

const std::vector<std::string> kLabels{"negative", "neutral", "positive"};

// `rows` texts whose answers follow the shares, with lengths around `length` words and a share of unknown words around `unknown`.
train::Profile window(uint64_t seed, size_t rows, std::vector<double> shares, size_t length, double unknown) {
  Random random(seed);
  std::vector<std::string> texts;
  std::vector<float> probabilities, unknowns;
  for (size_t i = 0; i < rows; ++i) {
    std::string text;
    for (size_t word = 0; word < length / 2 + random.below(length); ++word) text += "word ";
    texts.push_back(std::move(text));
    const double drawn = random.uniform();
    const size_t answer = drawn < shares[0] ? 0 : drawn < shares[0] + shares[1] ? 1 : 2;
    for (size_t k = 0; k < 3; ++k) probabilities.push_back(k == answer ? 0.8F : 0.1F);
    unknowns.push_back(static_cast<float>(unknown * 2 * random.uniform()));
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  return train::measure_profile("window", kLabels, views, probabilities, unknowns, {});
}

std::vector<std::string> alarms(const std::vector<Line>& lines) {
  std::vector<std::string> names;
  for (const Line& line : lines)
    if (line.alarm) names.push_back(line.signal);
  return names;
}

TEST(Signals, AreQuietWhenNothingChanged) {
  const auto lines = compare(window(1, 800, {0.4, 0.3, 0.3}, 20, 0.05), window(2, 600, {0.4, 0.3, 0.3}, 20, 0.05), {});
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_THAT(alarms(lines), ::testing::IsEmpty());
}

TEST(Signals, FindEachChange) {
  const auto reference = window(1, 800, {0.4, 0.3, 0.3}, 20, 0.05);
  EXPECT_THAT(alarms(compare(reference, window(2, 600, {0.65, 0.2, 0.15}, 20, 0.05), {})), ::testing::ElementsAre("class_mix"));
  EXPECT_THAT(alarms(compare(reference, window(2, 600, {0.4, 0.3, 0.3}, 30, 0.05), {})), ::testing::ElementsAre("text_length"));
  EXPECT_THAT(alarms(compare(reference, window(2, 600, {0.4, 0.3, 0.3}, 20, 0.2), {})), ::testing::ElementsAre("unknown_share"));
  EXPECT_THAT(alarms(compare(reference, window(2, 600, {0.9, 0.05, 0.05}, 20, 0.05), {})), ::testing::ElementsAre("class_mix", "imbalance"));
}

TEST(Signals, DoNotAlarmForASmallEffectHoweverManyRows) {
  const auto lines = compare(window(1, 60000, {0.40, 0.3, 0.3}, 20, 0.05), window(2, 60000, {0.43, 0.3, 0.27}, 20, 0.06), {});
  EXPECT_LT(*lines[0].adjusted_p, 1e-6);
  EXPECT_LT(*lines[2].adjusted_p, 1e-6);
  EXPECT_THAT(alarms(lines), ::testing::IsEmpty());
}

TEST(Signals, DoNotAlarmForALargeEffectOnAFewRows) {
  const auto lines = compare(window(1, 800, {0.4, 0.3, 0.3}, 20, 0.05), window(3, 8, {0.4, 0.3, 0.3}, 20, 0.05), {});
  EXPECT_GT(lines[0].effect, 0.1);
  EXPECT_THAT(alarms(lines), ::testing::IsEmpty());
}

TEST(Signals, SayWhatTheyCouldHaveSeen) {
  const auto few = compare(window(1, 800, {0.4, 0.3, 0.3}, 20, 0.05), window(3, 40, {0.4, 0.3, 0.3}, 20, 0.05), {});
  const auto many = compare(window(1, 8000, {0.4, 0.3, 0.3}, 20, 0.05), window(3, 8000, {0.4, 0.3, 0.3}, 20, 0.05), {});
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_GT(*few[i].detectable, *many[i].detectable) << few[i].signal;
    EXPECT_LT(*many[i].detectable, 1.1 * many[i].threshold) << many[i].signal;
    EXPECT_NEAR(few[i].false_alarm, 0.05 / 5, 1e-12) << "40 rows are no block, so nothing is said of duplicates";
  }
  EXPECT_GT(*few[0].detectable, few[0].threshold) << "40 rows cannot see a change of the mix by a tenth";
  EXPECT_EQ(few.back().signal, "imbalance");
  EXPECT_NEAR(few.back().false_alarm, 1 - stats::binomial_at_most(27, 40, 0.4), 0.01) << "28 of 40";
  EXPECT_NEAR(1 - stats::binomial_at_most(27, 40, *few.back().detectable), 0.8, 1e-9);
}

TEST(Signals, DealTheRowsAnewWhereCountsAreSmall) {
  const auto lines = compare(window(1, 800, {0.4, 0.3, 0.3}, 20, 0.05), window(3, 12, {0.4, 0.3, 0.3}, 20, 0.05), {});
  EXPECT_THAT(lines[0].test, ::testing::HasSubstr("p from 1999 permutations, because some category has fewer than 5 expected rows"));
  EXPECT_GE(*lines[0].p, 1.0 / 2000);
}

TEST(Signals, CanBeSwitchedOff) {
  Thresholds thresholds;
  thresholds.class_mix = thresholds.confidence = thresholds.empty_share = thresholds.imbalance = 1;
  thresholds.duplicate_share = 1;
  const auto lines = compare(window(1, 80, {0.4, 0.3, 0.3}, 20, 0.05), window(2, 60, {1, 0, 0}, 20, 0.05), thresholds);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].signal, "text_length");
  EXPECT_EQ(lines[1].signal, "unknown_share");
}

TEST(Signals, ShareOneErrorRate) {
  int any = 0;
  constexpr int kTrials = 400;
  Thresholds strict;
  strict.class_mix = strict.confidence = strict.text_length = strict.unknown_share = 0;  // p alone decides
  strict.imbalance = 1;
  for (uint64_t trial = 0; trial < kTrials; ++trial)
    any += !alarms(compare(window(2 * trial + 1, 200, {0.4, 0.3, 0.3}, 20, 0.05), window(2 * trial + 2, 150, {0.4, 0.3, 0.3}, 20, 0.05), strict)).empty();
  EXPECT_LT(any, kTrials * 0.08);
  EXPECT_GT(any, 0);
}

TEST(Signals, SpeakInSentences) {
  const auto lines = compare(window(1, 800, {0.4, 0.3, 0.3}, 20, 0.05), window(2, 600, {0.9, 0.05, 0.05}, 30, 0.2), {});
  EXPECT_THAT(lines[0].detail, ::testing::MatchesRegex("\"negative\" is predicted for [0-9.]+ % of the rows, was [0-9.]+ %"));
  EXPECT_THAT(lines[1].detail, ::testing::MatchesRegex("the median text has [0-9]+ characters, was [0-9]+"));
  EXPECT_THAT(lines[2].detail, ::testing::MatchesRegex("[0-9.]+ % of a text's words are unknown to the model, was [0-9.]+ %"));
  EXPECT_THAT(to_json(lines.back()).dump(), ::testing::HasSubstr("\"adjusted_p\":null"));
}

// Texts of twelve words each out of a hundred, of which the first is `topic` in a share of the texts; then as many copies of one text and empty ones.
train::Profile texts_of(uint64_t seed, size_t rows, double topic, size_t copies, size_t empty) {
  Random random(seed);
  std::vector<std::string> texts;
  for (size_t row = 0; row < rows; ++row) {
    std::string text = random.uniform() < topic ? "cancelled cancelled flight" : "";
    for (int word = 0; word < 12; ++word) text += " word" + std::to_string(random.below(100));
    texts.push_back(row % 10 < copies ? "buy now" : row % 10 < copies + empty ? " " : std::move(text));
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const std::vector<float> probabilities(texts.size() * 3, 1.0F / 3);
  return train::measure_profile("texts", kLabels, views, probabilities, {}, {}, train::kept_content(train::content_of_words(views)));
}

Line line_of(const std::vector<Line>& lines, const std::string& signal) {
  for (const Line& line : lines)
    if (line.signal == signal) return line;
  return {};
}

TEST(Signals, SeeWhatTextsAreAbout) {
  const auto reference = texts_of(1, 600, 0.1, 0, 0);
  const auto same = line_of(compare(reference, texts_of(2, 400, 0.1, 0, 0), {}), "content");
  EXPECT_FALSE(same.alarm);
  EXPECT_EQ(same.test, "distance of the means of 500 and 400 texts' words, 999 permutations");
  const auto moved = line_of(compare(reference, texts_of(2, 400, 0.6, 0, 0), {}), "content");
  EXPECT_TRUE(moved.alarm);
  EXPECT_GT(moved.effect, *same.detectable);
  EXPECT_THAT(moved.detail, ::testing::MatchesRegex("what the texts are about has moved by 0\\.[0-9]+ of their spread \\(by their words\\)"));
}

TEST(Signals, CompareNoWordsWithEmbeddings) {
  auto reference = texts_of(1, 600, 0.1, 0, 0);
  reference.content.of = "embeddings";
  EXPECT_EQ(line_of(compare(reference, texts_of(2, 400, 0.1, 0, 0), {}), "content").signal, "");
}

TEST(Signals, SeeRepeatedAndEmptyTexts) {
  const auto reference = texts_of(1, 600, 0.1, 0, 0);
  const auto repeated = compare(reference, texts_of(2, 400, 0.1, 3, 0), {});
  const auto copies = line_of(repeated, "duplicate_share");
  EXPECT_TRUE(copies.alarm);
  EXPECT_NEAR(copies.effect, 14.0 / 50, 1e-6) << "fifteen of fifty, of which one is the first";
  EXPECT_EQ(copies.detail, "28.0 % of the texts repeat one of the 50 around them, was 0.0 %");
  EXPECT_FALSE(line_of(repeated, "empty_share").alarm);
  const auto empty = line_of(compare(reference, texts_of(2, 400, 0.1, 0, 2), {}), "empty_share");
  EXPECT_TRUE(empty.alarm);
  EXPECT_EQ(empty.detail, "20.0 % of the texts have no word, was 0.0 %");
  EXPECT_EQ(line_of(compare(reference, texts_of(2, 60, 0.1, 0, 0), {}), "duplicate_share").signal, "") << "60 rows are one block";
}

TEST(Pictures, ShowTheDistributionsThatAreCompared) {
  const auto reference = window(1, 80, {0.4, 0.3, 0.3}, 20, 0.05), current = window(2, 60, {1, 0, 0}, 20, 0.05);
  const Json found = distributions_json(reference, current);
  EXPECT_EQ(found[0]["now"], (Json{1.0, 0.0, 0.0}));
  for (const size_t i : {1, 2}) {
    EXPECT_EQ(found[i]["before"].back(), 1.0) << "cumulative";
    EXPECT_EQ(found[i]["now"].back(), 1.0);
    double gap = 0;
    for (size_t at = 0; at < found[i]["at"].size(); ++at)
      gap = std::max(gap, std::abs(found[i]["before"][at].get<double>() - found[i]["now"][at].get<double>()));
    EXPECT_NEAR(gap, compare(reference, current, {})[i == 1 ? 1 : 3].effect, 1e-12) << "the largest gap is what the test asks for";
  }
}

TEST(Pictures, SayHowPowerGrowsWithTheChange) {
  const auto lines = compare(window(1, 800, {0.4, 0.3, 0.3}, 20, 0.05), window(3, 400, {0.4, 0.3, 0.3}, 20, 0.05), {});
  const Json found = power_json(lines, 0.05);
  ASSERT_EQ(found.size(), 6U) << "the rule of imbalance has no test";
  for (size_t line = 0; line < found.size(); ++line)
    for (size_t i = 0; i < found[line]["points"].size(); ++i) {
      const Json& point = found[line]["points"][i];
      if (i > 0) { EXPECT_GT(point[0], found[line]["points"][i - 1][0]) << found[line]; }
      if (point[1] == 0.8) { EXPECT_EQ(point[0], *lines[line].detectable); }
    }
}

}  // namespace
}  // namespace mlopsctl::drift
