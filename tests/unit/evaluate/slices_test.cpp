#include "stages/evaluate/slices.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "pipeline/base/random.hpp"

namespace mlopsctl::evaluate {
namespace {

using engine::Outcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

SliceRule floor_of(double min) {
  SliceRule rule;
  rule.by = {{"label"}};
  rule.min = min;
  return rule;
}

// `rows` rows of which the first `right` are right.
std::vector<char> answers(size_t rows, size_t right) {
  std::vector<char> all(rows, 0);
  std::fill_n(all.begin(), right, 1);
  return all;
}
Slice slice(std::string name, uint32_t first, uint32_t rows) {
  Slice made{std::move(name), {}};
  for (uint32_t i = 0; i < rows; ++i) made.rows.push_back(first + i);
  return made;
}
std::vector<std::string> names(const std::vector<Slice>& slices) {
  std::vector<std::string> all;
  for (const Slice& each : slices) all.push_back(each.name + " (" + std::to_string(each.rows.size()) + ")");
  return all;
}

// Rows of these columns; the text as long as asked for.
RowsInput input_of(const std::vector<std::string>& groups, const std::vector<std::string>& airlines, const std::vector<size_t>& lengths) {
  data::RowsInfo info;
  info.columns = {"airline"};
  data::RowsBuilder builder(info, false, true);
  for (size_t i = 0; i < lengths.size(); ++i) {
    EXPECT_TRUE(builder.add(std::to_string(i), std::string(lengths[i], 'x'), "", {"", groups[i], 1, {airlines[i]}}).ok());
  }
  return {"clean.test", builder.finish()};
}
std::vector<std::string> cut(const std::vector<SliceRule::Cut>& by, std::vector<std::string> labels, std::vector<std::string> groups,
                             std::vector<size_t> lengths) {
  SliceRule rule;
  rule.by = by;
  std::vector<RowsInput> inputs;
  inputs.push_back(input_of(groups, groups, lengths));
  return names(slices_of(rule, inputs, labels).value());
}

TEST(Slices, AreMadeByLabelGroupColumnAndLength) {
  std::vector<std::string> labels(40, "good"), groups(40, "delta");
  std::fill_n(labels.begin(), 15, "bad");
  groups[3] = "united", groups[4] = "virgin";
  std::vector<size_t> lengths;
  for (size_t i = 0; i < 40; ++i) lengths.push_back(10 + i);
  EXPECT_THAT(cut({{"label"}, {"length"}}, labels, groups, lengths),
              ElementsAre("label=bad (15)", "label=good (25)", "length 10..19 (10)", "length 20..29 (10)", "length 30..39 (10)", "length 40..49 (10)"));
  EXPECT_THAT(cut({{"group"}}, labels, groups, lengths), ElementsAre("group=delta (38)", "group: rare values (2)"));
  EXPECT_THAT(cut({{"airline", true}}, labels, groups, lengths), ElementsAre("airline=delta (38)", "airline: rare values (2)"));
  EXPECT_THAT(cut({{"length"}}, labels, groups, std::vector<size_t>(40, 7)), ElementsAre("length 7..7 (40)"));
  EXPECT_THAT(cut({{"length"}}, {}, {}, {}), IsEmpty());
}

TEST(Slices, NameTheColumnsThereAre) {
  SliceRule rule;
  rule.by = {{"label"}, {"airlin", true}};
  std::vector<RowsInput> inputs;
  inputs.push_back(input_of({""}, {"delta"}, {3}));
  const auto fault = slices_of(rule, inputs, {"good"});
  EXPECT_EQ(fault.error().message, "slices by the column \"airlin\": clean.test keeps only airline");
  EXPECT_EQ(fault.error().hint, "did you mean airline?");
  EXPECT_EQ(fault.error().field, "slices.by.1");
}

TEST(Slices, AreRefusedWhereTheRowsShowIt) {
  const std::vector<Slice> slices{slice("label=bad", 0, 100), slice("label=good", 100, 10)};
  std::vector<char> right = answers(110, 40);  // 40 of 100, 0 of 10
  std::fill_n(right.begin() + 100, 5, 1);
  const auto checks = judge_slices(floor_of(0.6), slices, right, {});
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[0].outcome, Outcome::fail);
  EXPECT_EQ(checks[0].name, "label=bad: accuracy >= 0.6");
  EXPECT_EQ(checks[0].detail,
            "accuracy is 0.4000 on 100 rows with label=bad (90 % interval 0.3231 to 0.4822), the floor 0.6; an accuracy of 0.4531 would be seen in 80 of 100 "
            "cases (exact binomial test, p = 0.0000, 0.0001 of 2 tests, alpha 0.05)");
  EXPECT_EQ(checks[1].outcome, Outcome::warn);
  EXPECT_THAT(checks[1].detail, ::testing::EndsWith("; too few rows to show it"));
  EXPECT_EQ(judge_slices(floor_of(0.4), slices, right, {})[0].outcome, Outcome::pass);
}

TEST(Slices, AreComparedWithTheChampion) {
  SliceRule rule;
  rule.by = {{"label"}};
  rule.max_loss = 0.05;
  const std::vector<Slice> slices{slice("label=bad", 0, 200)};
  const auto lost = judge_slices(rule, slices, answers(200, 140), answers(200, 180));
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].outcome, Outcome::fail);
  EXPECT_EQ(lost[0].name, "label=bad: no worse than champion by more than 0.05");
  EXPECT_EQ(judge_slices(rule, slices, answers(200, 178), answers(200, 180))[0].outcome, Outcome::pass);
  EXPECT_EQ(judge_slices(rule, slices, answers(200, 169), answers(200, 180))[0].outcome, Outcome::warn);
  EXPECT_THAT(judge_slices(rule, slices, answers(200, 140), {}), IsEmpty());
}

TEST(Slices, SayWhenNothingWouldBeSeen) {
  SliceRule rule = floor_of(0.3);
  rule.max_loss = 0.05;
  const std::vector<Slice> slices{slice("few", 0, 10), slice("some", 10, 28)};
  const auto right = answers(38, 30);
  const auto checks = judge_slices(rule, slices, right, right);
  ASSERT_EQ(checks.size(), 4U);
  EXPECT_THAT(checks[0].detail, ::testing::HasSubstr("; no accuracy would be seen on so few rows"));
  EXPECT_EQ(checks[0].evidence["detectable"], Json());
  EXPECT_EQ(checks[3].name, "some: no worse than champion by more than 0.05");
  EXPECT_GT(checks[3].evidence["detectable"], 0.1) << checks[3].detail;  // that no discordant row was seen is not all
  rule.max_loss = 0;
  EXPECT_THAT(judge_slices(rule, slices, right, right)[3].detail, ::testing::HasSubstr("no loss would be seen on so few rows"));
}

// Twenty slices that are just as good as they must be: one of them is refused in 5 of 100 cases at most.
TEST(Slices, ShareOneErrorRate) {
  Random random(3);
  std::vector<Slice> slices;
  for (uint32_t k = 0; k < 20; ++k) slices.push_back(slice("slice", 40 * k, 40));
  int refused = 0;
  constexpr int trials = 400;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<char> right(800);
    for (char& each : right) each = random.uniform() < 0.7;
    const auto checks = judge_slices(floor_of(0.7), slices, right, {});
    refused += std::any_of(checks.begin(), checks.end(), [](const engine::Check& check) { return check.outcome == Outcome::fail; });
  }
  EXPECT_LE(refused, trials * 0.08);
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace mlopsctl::evaluate
