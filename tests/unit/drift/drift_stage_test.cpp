#include "stages/drift/drift_stage.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/support/model_folders.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::drift {
namespace {

using testing::good_and_bad, testing::train_model, testing::write_rows;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Json params(const std::string& on_drift) {
  return {{"on_drift", on_drift},
          {"alpha", 0.05},
          {"budget", "any_false_alarm"},
          {"thresholds",
           {{"class_mix", 0.1},
            {"confidence", 0.1},
            {"text_length", 0.1},
            {"unknown_share", 0.05},
            {"content", 0.05},
            {"empty_share", 0.05},
            {"duplicate_share", 0.05},
            {"concept_drift", 0.05},
            {"imbalance", 0.7}}}};
}

class DriftStage : public ::testing::Test {
 protected:
  Json result(const std::string& out) { return parse_json(read_file(folder_ / out / "drift").value(), "drift").value(); }

  testing::TemporaryFolder folder_;
  std::filesystem::path train_ = write_rows(folder_ / "train", good_and_bad(1000, 9));
  std::filesystem::path model_ = train_model(folder_ / "trained", train_);
  std::unique_ptr<engine::Stage> stage_ = make_drift_stage();
};

TEST_F(DriftStage, IsQuietOnMoreOfTheSame) {
  testing::FakeContext context(folder_ / "out", params("fail"));
  context.input("fit.model", "model", model_).input("clean.test", "rows", write_rows(folder_ / "test", good_and_bad(300, 9)));
  const Status run = stage_->run(context);
  ASSERT_TRUE(run.ok()) << run.error().message;
  EXPECT_EQ(context.report().verdict->outcome, engine::Outcome::pass);
  EXPECT_EQ(context.report().verdict->summary, "no drift in 9 signals");
  EXPECT_THAT(context.report().warnings, IsEmpty());
  const Json json = result("out");
  EXPECT_EQ(json["format"], "mlopsctl-drift-1");
  EXPECT_EQ(json["reference"]["source"], "the profile in fit.model (held out)");
  EXPECT_EQ(json["current"]["rows"], 300);
}

TEST_F(DriftStage, WarnsOrFailsOnOtherTexts) {
  const auto other = write_rows(folder_ / "other", good_and_bad(300, 9, "completely different words about "));
  testing::FakeContext warning(folder_ / "warn", params("warn"));
  warning.input("fit.model", "model", model_).input("other.rows", "rows", other);
  ASSERT_TRUE(stage_->run(warning).ok());
  EXPECT_EQ(warning.report().verdict->outcome, engine::Outcome::pass);
  EXPECT_NE(std::count_if(warning.report().verdict->checks.begin(), warning.report().verdict->checks.end(),
                          [](const engine::Check& check) { return check.outcome == engine::Outcome::warn; }),
            0);
  EXPECT_EQ(warning.report().verdict->summary, "drift in text_length, unknown_share, content, only a warning (on_drift: warn)");
  ASSERT_EQ(warning.report().warnings.size(), 3U);
  EXPECT_THAT(warning.report().warnings[1], HasSubstr("of a text's words are unknown to the model, was 0.0 %"));
  EXPECT_GT(warning.report().metrics.at("unknown_share"), 0.3);

  testing::FakeContext failing(folder_ / "fail", params("fail"));
  failing.input("fit.model", "model", model_).input("other.rows", "rows", other);
  ASSERT_TRUE(stage_->run(failing).ok());
  EXPECT_EQ(failing.report().verdict->outcome, engine::Outcome::fail);
}

TEST_F(DriftStage, NamesTheImbalanceRule) {
  std::vector<testing::TextAndLabel> rows(50, {"good thing1 number1", "pos"});
  testing::FakeContext context(folder_ / "out", params("warn"));
  context.input("fit.model", "model", model_).input("live.rows", "rows", write_rows(folder_ / "live", rows));
  ASSERT_TRUE(stage_->run(context).ok());
  EXPECT_THAT(context.report().verdict->summary, HasSubstr("imbalance"));
  EXPECT_THAT(context.report().warnings.back(), HasSubstr("imbalance: \"pos\" is predicted for 100.0 % of the rows"));
}

TEST_F(DriftStage, ComparesTwoWindows) {
  const auto earlier = write_rows(folder_ / "earlier", good_and_bad(300, 9)), later = write_rows(folder_ / "later", good_and_bad(300, 8));
  testing::FakeContext context(folder_ / "out", params("fail"));
  context.input("fit.model", "model", model_).input("a.rows", "rows", earlier).input("b.rows", "rows", later);
  ASSERT_TRUE(stage_->run(context).ok());
  EXPECT_EQ(result("out")["reference"]["source"], "a.rows");
  EXPECT_EQ(result("out")["current"]["source"], "b.rows");
}

TEST_F(DriftStage, DoesNotTakeTrainingRowsForAReference) {
  testing::FakeContext context(folder_ / "out", params("fail"));
  context.input("fit.model", "model", model_)
      .input("clean.train", "rows", train_)
      .input("clean.test", "rows", write_rows(folder_ / "test", good_and_bad(300, 8)));
  ASSERT_TRUE(stage_->run(context).ok());
  EXPECT_EQ(result("out")["reference"]["source"], "the profile in fit.model (held out), because the model was trained on clean.train");
}

TEST_F(DriftStage, NeedsRows) {
  testing::FakeContext context(folder_ / "out", params("warn"));
  context.input("fit.model", "model", model_).input("clean.test", "rows", write_rows(folder_ / "test", {}));
  EXPECT_EQ(stage_->run(context).error().message, "clean.test has no rows; drift needs a window with at least one");
}

TEST_F(DriftStage, FindsFaultsBeforeItRuns) {
  spec::StageSpec drift;
  drift.name = "drift";
  drift.kind = "drift-check";
  const engine::InputShape model{"fit.model", "model", "model"}, rows{"clean.test", "test", "rows"};
  EXPECT_TRUE(stage_->outputs(drift, {model, rows}).ok());
  const Error fault = stage_->outputs(drift, {rows, rows, rows}).error();
  EXPECT_EQ(fault.message, "drift-check needs one model, it has 0; its inputs: clean.test (rows), clean.test (rows), clean.test (rows)");
  ASSERT_EQ(fault.also.size(), 1U);
  EXPECT_EQ(fault.also[0].message,
            "drift-check needs one window of rows, or two (the earlier first), it has 3; its inputs: clean.test (rows), clean.test (rows), clean.test (rows)");
}

}  // namespace
}  // namespace mlopsctl::drift
