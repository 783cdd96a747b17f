#include "stages/evaluate/behaviour.hpp"

#include <gmock/gmock.h>

#include "tests/support/model_folders.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::evaluate {
namespace {

using engine::Outcome;
using ::testing::ElementsAre;
using testing::good_and_bad, testing::train_model, testing::write_rows;

class Behaviour : public ::testing::Test {
 protected:
  Result<std::vector<Expectation>> read(const std::string& csv) {
    EXPECT_TRUE(write_file(folder_ / "suite.csv", csv).ok());
    return read_suite(folder_ / "suite.csv", Json::object(), "suite.csv", model_.labels());
  }

  testing::TemporaryFolder folder_;
  ml::Model model_ = ml::Model::load(train_model(folder_ / "trained", write_rows(folder_ / "train", good_and_bad(200, 9))), "fit.model").value();
  CancelToken cancel_;
};

TEST_F(Behaviour, JudgesEachKindOfExpectation) {
  const auto rows = read(
                        "text,transformed,expect,name\n"
                        "good thing1,,pos,words\n"
                        "bad thing1,,pos,words\n"
                        "good thing2,good thing3,same,numbers\n"
                        "good thing2,bad thing2,same,numbers\n"
                        "thing2 number1,good thing2 number1,more pos,direction\n"
                        "thing2 number1,good thing2 number1,less pos,direction\n"
                        "thing2 number1,bad thing2 number1,less pos,direction\n")
                        .value();
  const auto checks = judge_behaviour(rows, model_, 0.5, cancel_).value();
  ASSERT_EQ(checks.size(), 3U);
  EXPECT_EQ(checks[0].name, "behaviour suite.csv, words >= 0.5");
  EXPECT_EQ(checks[0].detail, "1 of 2 expectations hold (95 % interval 0.0945 to 0.9055); suite.csv:3 is neg, expected pos");
  EXPECT_EQ(checks[0].outcome, Outcome::pass);
  EXPECT_THAT(checks[1].detail, ::testing::EndsWith("; suite.csv:5 is pos, transformed neg"));
  EXPECT_THAT(checks[2].detail, ::testing::HasSubstr("2 of 3 expectations hold"));
  EXPECT_THAT(checks[2].detail, ::testing::HasSubstr("suite.csv:7 makes pos more probable, 0."));
  EXPECT_EQ(judge_behaviour(rows, model_, 0.6, cancel_)->front().outcome, Outcome::fail);
}

TEST_F(Behaviour, NamesEveryRowThatSaysNothing) {
  const Error fault = read("text,expect,transformed\ngood,positive,\ngood,alike,better\nbad,more bad,worse\nbad,neg,\n").error();
  EXPECT_EQ(fault.message, "expect names the label \"positive\"; the model's labels: neg, pos");
  EXPECT_EQ(fault.span->line, 2);
  ASSERT_EQ(fault.also.size(), 2U);
  EXPECT_EQ(fault.also[0].message, "expect is \"alike\"; of a transformed text it is same, more LABEL or less LABEL");
  EXPECT_EQ(fault.also[1].message, "expect names the label \"bad\"; the model's labels: neg, pos");
  EXPECT_EQ(read("text,expect\n").error().message, "suite.csv has no rows; a suite needs at least one");
}

}  // namespace
}  // namespace mlopsctl::evaluate
