#include "stages/evaluate/evaluate_stage.hpp"

#include <gmock/gmock.h>

#include "tests/support/model_folders.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::evaluate {
namespace {

using ::testing::ElementsAre;
using testing::good_and_bad, testing::train_model, testing::write_rows;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const Json kNoGate = {{"champion", nullptr}, {"gate", Json::object()}, {"slices", nullptr}, {"budgets", nullptr}, {"behaviour", 1.0}};

Json gate(const std::string& metric, Json rule) {
  Json whole = {{"min", nullptr}, {"max", nullptr}, {"no_worse_than", nullptr}, {"better_than", nullptr}, {"margin", 0.01}, {"min_gain", 0.0}, {"alpha", 0.05}};
  whole.update(rule);
  Json params = kNoGate;
  params["gate"] = {{metric, whole}};
  return params;
}

class EvaluateStage : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
  std::filesystem::path model_ = train_model(folder_ / "trained", write_rows(folder_ / "train", good_and_bad(200, 9)));
  std::unique_ptr<engine::Stage> stage_ = make_evaluate_stage();
};

TEST_F(EvaluateStage, MeasuresJudgesAndPassesTheModelOn) {
  testing::FakeContext context(folder_ / "out", gate("accuracy", {{"min", 0.8}}));
  context.input("fit.model", "model", model_).input("clean.test", "rows", write_rows(folder_ / "test", good_and_bad(60, 7)));
  const Status run = stage_->run(context);
  ASSERT_TRUE(run.ok()) << run.error().message;
  const auto& report = context.report();
  EXPECT_EQ(context.forwarded.at("model"), "fit.model");
  ASSERT_TRUE(report.verdict.has_value());
  EXPECT_EQ(report.verdict->outcome, engine::Outcome::pass);
  EXPECT_EQ(report.verdict->summary, "accuracy 0.8667, floor 0.8");
  EXPECT_NEAR(report.metrics.at("accuracy"), 52.0 / 60, 1e-12);
  EXPECT_EQ(report.metrics.at("rows"), 60);
  EXPECT_THAT(report.warnings, IsEmpty());

  const Json evaluation = parse_json(read_file(folder_ / "out/evaluation/evaluation.json").value(), "evaluation.json").value();
  EXPECT_EQ(evaluation["format"], "mlopsctl-evaluation-1");
  EXPECT_TRUE(evaluation["champion"].is_null());
  EXPECT_EQ(evaluation["challenger"]["metrics"]["rows"], 60);
  EXPECT_EQ(evaluation["inputs"][0]["origin"], "clean.test");
  EXPECT_EQ(evaluation["verdict"]["outcome"], "pass");
  const std::string predictions = read_file(folder_ / "out/evaluation/predictions.csv").value();
  EXPECT_THAT(predictions, StartsWith("id,label,predicted,confidence\n1,pos,pos,0."));
  EXPECT_EQ(std::count(predictions.begin(), predictions.end(), '\n'), 61);

  const Json& tables = report.summary["tables"];
  ASSERT_EQ(tables.size(), 3U);
  EXPECT_EQ(tables[0]["title"], "Metrics");
  EXPECT_EQ(tables[2]["title"], "Most confident errors");
  EXPECT_EQ(tables[2]["rows"].size(), 8U);
  for (size_t i = 1; i < 8; ++i) EXPECT_GE(tables[2]["rows"][i - 1][3], tables[2]["rows"][i][3]);
  EXPECT_EQ(report.summary["confusion_matrix"]["labels"], (Json{"neg", "pos"}));
}

TEST_F(EvaluateStage, ComparesWithTheChampionOnTheSameRows) {
  // The champion learned from rows whose labels are mostly wrong.
  const auto worse = train_model(folder_ / "worse", write_rows(folder_ / "bad_train", good_and_bad(200, 1)));
  Json params = gate("accuracy", {{"no_worse_than", "champion"}, {"margin", 0.01}});
  params["champion"] = "worse";
  const auto test = write_rows(folder_ / "test", good_and_bad(60, 7));
  testing::FakeContext context(folder_ / "out", params);
  context.input("fit.model", "model", model_).input("clean.test", "rows", test).input("champion", "model", worse);
  ASSERT_TRUE(stage_->run(context).ok());
  EXPECT_EQ(context.report().verdict->outcome, engine::Outcome::pass);
  EXPECT_NEAR(context.report().metrics.at("champion.accuracy"), 8.0 / 60, 1e-12);
  EXPECT_EQ(context.report().summary["comparison"]["only_challenger_right"], 52);
  EXPECT_EQ(context.report().summary["tables"][0]["columns"], (Json{"metric", "challenger", "champion", "difference"}));

  testing::FakeContext reversed(folder_ / "reversed", params);
  reversed.input("fit.model", "model", worse).input("clean.test", "rows", test).input("champion", "model", model_);
  ASSERT_TRUE(stage_->run(reversed).ok());
  EXPECT_EQ(reversed.report().verdict->outcome, engine::Outcome::fail);
}

TEST_F(EvaluateStage, JudgesSlicesSuitesAndBudgets) {
  Json params = gate("accuracy", {{"min", 0.8}});
  params["slices"] = {{"by", {"label", "length"}}, {"min", 0.5}, {"max_loss", nullptr}, {"alpha", 0.05}};
  params["budgets"] = {{"latency_ms", 10'000}, {"size_mb", 0.0001}};
  ASSERT_TRUE(write_file(folder_ / "words.csv", "text,expect\ngood thing1,pos\nbad thing1,neg\n").ok());
  testing::FakeContext context(folder_ / "out", params);
  context.input("fit.model", "model", model_)
      .input("clean.test", "rows", write_rows(folder_ / "test", good_and_bad(60, 7)))
      .input("words", "source", folder_ / "words.csv");
  const Status run = stage_->run(context);
  ASSERT_TRUE(run.ok()) << run.error().message;
  const engine::Verdict& verdict = *context.report().verdict;
  EXPECT_EQ(verdict.outcome, engine::Outcome::fail);
  EXPECT_THAT(verdict.summary,
              ::testing::MatchesRegex("accuracy 0.8667, floor 0.8; slices: all [0-9]+ good; suite words: all 1 good; budgets: 1 of 2 not good"));
  EXPECT_EQ(verdict.checks[1].name, "label=neg: accuracy >= 0.5");
  EXPECT_EQ(verdict.checks.back().outcome, engine::Outcome::pass) << verdict.checks.back().detail;
  EXPECT_THAT(verdict.checks[verdict.checks.size() - 2].detail, HasSubstr(" MB, the budget 0.0001"));

  params["slices"]["by"] = {"group"};
  testing::FakeContext without(folder_ / "without", params);
  without.input("fit.model", "model", model_).input("clean.test", "rows", folder_ / "test");
  EXPECT_EQ(stage_->run(without).error().message, "slices by group: the rows have none");
}

TEST_F(EvaluateStage, JudgesSeveralInputsAsOne) {
  testing::FakeContext context(folder_ / "out", kNoGate);
  context.input("fit.model", "model", model_)
      .input("clean.train", "rows", write_rows(folder_ / "first", good_and_bad(20, 5)))
      .input("other.test", "rows", write_rows(folder_ / "second", good_and_bad(40, 50)));
  ASSERT_TRUE(stage_->run(context).ok());
  EXPECT_EQ(context.report().metrics.at("rows"), 60);
  EXPECT_EQ(context.report().summary["tables"][2]["rows"], (Json{{"clean.train", 20, 0.8}, {"other.test", 40, 1.0}}));
  EXPECT_THAT(context.report().warnings, ElementsAre("judged on clean.train too: if the model learned from these rows, the figures flatter it"));
}

TEST_F(EvaluateStage, GoesByTheWeightsOfTheRows) {
  // 40 rows of a sample: 8 of 100 where the two agree, each right, and 32 of 64 where they differ, of which the challenger gets 24 right.
  const auto champion = train_model(folder_ / "other", write_rows(folder_ / "other_train", good_and_bad(200, 1)));
  data::RowsInfo info{{}, Json::object(), "labelled"};
  info.weighted = true;
  auto writer = data::RowsWriter::create(folder_ / "labelled", info, false, false).value();
  data::RowExtras extras;
  for (int i = 0; i < 40; ++i) {
    const bool agree = i < 8, right = i < 32;
    extras.weight = agree ? 12.5 : 2;
    // Neither has ever seen a word of these: both go by the larger class.
    const std::string text = agree ? "unseen words" : "good";
    ASSERT_TRUE(writer.add(std::to_string(i), text, agree ? "neg" : right ? "pos" : "neg", extras).ok());
  }
  ASSERT_TRUE(writer.finish().ok());
  Json params = gate("accuracy", {{"better_than", "champion"}, {"min_gain", 0.0}});
  params["champion"] = "other";
  testing::FakeContext context(folder_ / "out", params);
  context.input("fit.model", "model", model_).input("rows.labelled", "rows", folder_ / "labelled").input("champion", "model", champion);
  const Status run = stage_->run(context);
  ASSERT_TRUE(run.ok()) << run.error().message;
  const engine::Check& check = context.report().verdict->checks[0];
  EXPECT_EQ(check.outcome, engine::Outcome::pass);
  // 24 won and 8 lost, as if 82 rows had been drawn evenly.
  EXPECT_THAT(check.detail, HasSubstr("McNemar's exact test, p = 0.0035, alpha 0.05, 40 rows that stand for 164 and tell as much as 82 drawn evenly"));
  EXPECT_NEAR(check.evidence["gain"].get<double>(), 32.0 / 164, 1e-12);
  EXPECT_EQ(check.evidence["labelled_rows"], 40);
  EXPECT_THAT(context.report().warnings,
              ElementsAre("rows have weights: accuracy and the comparison go by them, every other figure is of the labelled rows as they are"));
  EXPECT_EQ(context.report().metrics.size(), 3U);
  EXPECT_NEAR(context.report().metrics.at("accuracy") - context.report().metrics.at("champion.accuracy"), 32.0 / 164, 1e-12);

  params["gate"]["macro_f1"] = params["gate"]["accuracy"];
  testing::FakeContext of_f1(folder_ / "of_f1", params);
  of_f1.input("fit.model", "model", model_).input("rows.labelled", "rows", folder_ / "labelled").input("champion", "model", champion);
  const Status refused = stage_->run(of_f1);
  EXPECT_EQ(refused.error().message, "macro_f1 takes no account of weights, and these rows have them");
  EXPECT_EQ(refused.error().field, "gate.macro_f1");
}

TEST_F(EvaluateStage, NamesLabelsThatTrainingNeverSaw) {
  testing::FakeContext context(folder_ / "out", kNoGate);
  context.input("fit.model", "model", model_)
      .input("clean.test", "rows", write_rows(folder_ / "test", {{"good", "pos"}, {"bad", "neutral"}, {"bad", "neutral"}}));
  const Status run = stage_->run(context);
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().message, "2 of 3 rows of clean.test have the label \"neutral\", which never occurs in training; the model's labels: neg, pos");
  EXPECT_THAT(run.error().notes, ElementsAre("while judging the model fit.model"));
}

TEST_F(EvaluateStage, NeedsRows) {
  testing::FakeContext context(folder_ / "out", kNoGate);
  context.input("fit.model", "model", model_).input("clean.test", "rows", write_rows(folder_ / "test", {}));
  EXPECT_EQ(stage_->run(context).error().message, "there are no rows to judge the model fit.model on");
}

TEST_F(EvaluateStage, FindsFaultsBeforeItRuns) {
  spec::StageSpec judge;
  judge.name = "judge";
  judge.kind = "evaluate";
  judge.params = kNoGate;
  const engine::InputShape model{"fit.model", "model", "model"}, rows{"clean.test", "test", "rows"}, champion{"champion", "model", "model"};
  const auto declared = stage_->outputs(judge, {model, rows, champion}).value();
  ASSERT_EQ(declared.size(), 2U);
  EXPECT_EQ(declared[0].type, "evaluation");
  EXPECT_EQ(declared[1].type, "model");

  judge.params = gate("f1", {{"no_worse_than", "champion"}});
  const Error fault = stage_->outputs(judge, {}).error();
  EXPECT_EQ(fault.message, "evaluate needs one model to judge, it has none; its inputs: none");
  ASSERT_EQ(fault.also.size(), 3U);
  EXPECT_EQ(fault.also[0].message, "evaluate needs rows to judge on; its inputs: none");
  EXPECT_EQ(fault.also[1].field, "stages.judge.gate.f1");
  EXPECT_THAT(fault.also[1].message, HasSubstr("unknown metric \"f1\""));
  EXPECT_EQ(fault.also[2].message, "there is no champion to compare with");
  judge.params = kNoGate;
  EXPECT_EQ(stage_->outputs(judge, {model, {"base.model", "model", "model"}, rows}).error().message,
            "evaluate needs one model to judge, it has 2; its inputs: fit.model (model), base.model (model), clean.test (rows)");
}

}  // namespace
}  // namespace mlopsctl::evaluate
