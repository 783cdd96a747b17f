#include "stages/preprocess/quality.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mlopsctl::preprocess {
namespace {

using ::testing::ElementsAre;

SourceRow row(std::string_view text, std::string_view label) {
  SourceRow result;
  result.raw = result.text = text;
  result.label = label;
  return result;
}

struct Quality : ::testing::Test {
  Quality() {
    source.rows = {row("good", "positive"), row("bad", "negative"), row("good", "positive"), row("good", "positive"), row("so so", "neutrl")};
    parts = {{"train", {0, 1, 2}}, {"test", {3, 4}}};
  }
  SourceRows source;
  std::vector<Part> parts;
  std::vector<std::string> warnings;
};

TEST_F(Quality, CountsDuplicatesAndKeepsThemWhenNotAskedToDrop) {
  const auto count = remove_duplicates(source, parts, Dedupe::none);
  EXPECT_EQ(count.within, 1);
  EXPECT_EQ(count.across, 2);
  EXPECT_THAT(parts[0].rows, ElementsAre(0, 1, 2));
}

TEST_F(Quality, DropsRepeatsWithinASplit) {
  remove_duplicates(source, parts, Dedupe::within_splits);
  EXPECT_THAT(parts[0].rows, ElementsAre(0, 1));
  EXPECT_THAT(parts[1].rows, ElementsAre(3, 4));
}

TEST_F(Quality, GivesUpTrainingRowsNeverTestRows) {
  remove_duplicates(source, parts, Dedupe::across_splits);
  EXPECT_THAT(parts[0].rows, ElementsAre(1));
  EXPECT_THAT(parts[1].rows, ElementsAre(3, 4));
}

TEST_F(Quality, ReportsEveryFailedCheckAtOnce) {
  const Json checks = {{"min_rows", 3}, {"max_null_share", 0.0}, {"allowed_labels", {"negative", "neutral", "positive"}}, {"leakage", "fail"}};
  source.null_rows = 1;
  source.rejects.resize(5);
  const auto status = check_quality(source, parts, {0, 2}, checks, warnings);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "split \"test\" has 2 rows; expected at least 3");
  ASSERT_EQ(status.error().also.size(), 3u);
  EXPECT_EQ(status.error().also[0].message, "10.00 % of the rows have no text or no label; expected at most 0.00 %");
  EXPECT_EQ(status.error().also[1].message, "found label \"neutrl\" in 1 row; expected one of negative, neutral, positive");
  EXPECT_EQ(status.error().also[1].hint, "if \"neutral\" was meant, add labels: {neutrl: neutral} to the input");
  EXPECT_EQ(status.error().also[2].message, "2 rows have a text that also stands in a later split (leakage)");
}

TEST_F(Quality, LeakageWarnsByDefault) {
  const auto status = check_quality(source, parts, {0, 2}, Json::object(), warnings);
  EXPECT_TRUE(status.ok());
  EXPECT_THAT(warnings, ElementsAre("2 rows have a text that also stands in a later split (leakage)"));
}

TEST_F(Quality, ProfilesEverySplit) {
  const Json result = profile(source, parts, {1, 2});
  EXPECT_EQ(result["splits"]["train"]["rows"], 3);
  EXPECT_EQ(result["splits"]["train"]["labels"], (Json{{"negative", 1}, {"positive", 2}}));
  EXPECT_EQ(result["splits"]["test"]["words"]["max"], 2);
  EXPECT_EQ(result["splits"]["test"]["characters"]["max"], 5);
  EXPECT_EQ(result["duplicates"]["across_splits"], 2);
}

}  // namespace
}  // namespace mlopsctl::preprocess
