#include "stages/train/train_stage.hpp"

#include <array>

#include <gmock/gmock.h>

#include "stages/train/profile.hpp"
#include "tests/support/fake_context.hpp"
#include "tests/unit/train/train_support.hpp"

namespace mlopsctl::train {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TrainStage : public ::testing::Test {
 protected:
  // Rows of two labels, each text holding its label's word, except one in `noise`.
  std::filesystem::path rows(const std::string& name, size_t count, size_t noise = 9, const Json& recipe = Json::object()) {
    std::vector<std::array<std::string, 2>> made;
    for (size_t i = 0; i < count; ++i) {
      const bool good = (i % 2 == 0) != (i % noise == noise - 1);
      made.push_back({std::string(good ? "good" : "bad") + " thing" + std::to_string(i % 13) + " number" + std::to_string(i % 5), i % 2 == 0 ? "pos" : "neg"});
    }
    return write_rows(name, made, recipe);
  }
  std::filesystem::path write_rows(const std::string& name, const std::vector<std::array<std::string, 2>>& texts_and_labels,
                                   const Json& recipe = Json::object()) {
    auto writer = data::RowsWriter::create(folder_ / name, {{}, recipe, name}, false, false).value();
    for (size_t i = 0; i < texts_and_labels.size(); ++i) EXPECT_TRUE(writer.add(std::to_string(i + 1), texts_and_labels[i][0], texts_and_labels[i][1]).ok());
    EXPECT_TRUE(writer.finish().ok());
    return folder_ / name;
  }
  static Json params(const std::string& type, const std::string& calibration = "auto") {
    return {{"model", canonical_params(type)}, {"calibration", calibration}};
  }

  Json description(const std::string& out) { return parse_json(read_file(folder_ / out / "model" / "model.json").value(), "model.json").value(); }

  testing::TemporaryFolder folder_;
  std::unique_ptr<engine::Stage> stage_ = make_train_stage();
};

TEST_F(TrainStage, WritesAModelThatOthersCanLoad) {
  testing::FakeContext context(folder_ / "out", params("linear-svm"));
  context.input("clean.train", "rows", rows("train", 200)).input("clean.validation", "rows", rows("validation", 60));
  const Status run = stage_->run(context);
  ASSERT_TRUE(run.ok()) << run.error().message;
  const Json json = description("out");
  EXPECT_EQ(json["format"], "mlopsctl-model-1");
  EXPECT_EQ(json["type"], "linear-svm");
  EXPECT_EQ(json["labels"], (Json{"neg", "pos"}));
  EXPECT_EQ(json["calibration"]["method"], "platt");
  EXPECT_EQ(json["trained_on"]["rows"], 200);
  EXPECT_EQ(json["trained_on"]["labels"], (Json{{"neg", 100}, {"pos", 100}}));
  EXPECT_EQ(json["profile"]["source"], "validation");
  EXPECT_EQ(json["profile"]["rows"], 60);
  EXPECT_TRUE(profile_from_json(json["profile"]).ok());
  EXPECT_GT(context.report().metrics["validation_accuracy"], 0.8);
  EXPECT_GT(context.report().metrics["train_accuracy"], 0.8);
  EXPECT_THAT(context.report().warnings, IsEmpty());

  auto model = ml::Model::load(folder_ / "out" / "model", "fit.model");
  ASSERT_TRUE(model.ok()) << model.error().message;
  const CancelToken cancel;
  const std::vector<std::string_view> texts{"good thing1", "bad thing1"};
  const auto probabilities = model->score_raw(texts, cancel).value();
  EXPECT_GT(probabilities[1], 0.6);
  EXPECT_LT(probabilities[3], 0.4);
  EXPECT_NEAR(probabilities[0] + probabilities[1], 1, 1e-6);
}

TEST_F(TrainStage, CalibratesProbabilitiesByTemperature) {
  testing::FakeContext context(folder_ / "out", params("naive-bayes"));
  context.input("clean.train", "rows", rows("train", 200)).input("clean.validation", "rows", rows("validation", 60));
  ASSERT_TRUE(stage_->run(context).ok());
  EXPECT_EQ(description("out")["calibration"]["method"], "temperature");
}

TEST_F(TrainStage, HoldsRowsOutWhereThereIsNoValidation) {
  testing::FakeContext context(folder_ / "out", params("linear-svm"));
  context.input("clean.train", "rows", rows("train", 200));
  ASSERT_TRUE(stage_->run(context).ok());
  const Json json = description("out");
  EXPECT_EQ(json["calibration"]["method"], "platt");
  EXPECT_EQ(json["profile"]["source"], "held out");
  EXPECT_EQ(json["profile"]["rows"], 20);
  EXPECT_EQ(json["trained_on"]["rows"], 200);
  EXPECT_TRUE(context.report().metrics.contains("held_out_accuracy"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out" / "model" / "held_out"));
}

TEST_F(TrainStage, SaysWhereItCannotCalibrate) {
  testing::FakeContext context(folder_ / "out", params("logistic"));
  context.input("clean.train", "rows", rows("train", 40));
  ASSERT_TRUE(stage_->run(context).ok());
  EXPECT_EQ(description("out")["calibration"]["method"], "none");
  EXPECT_THAT(context.report().warnings,
              ElementsAre("probabilities are not calibrated: no validation rows, and too few training rows to hold some out (100, and 10 of each label)"));
}

TEST_F(TrainStage, GivesTheSameBytesAgain) {
  const auto train = rows("train", 200);
  for (const char* out : {"first", "second"}) {
    testing::FakeContext context(folder_ / out, params("linear-svm"), 42);
    context.input("clean.train", "rows", train);
    ASSERT_TRUE(stage_->run(context).ok());
  }
  EXPECT_EQ(digest_of_path(folder_ / "first")->str(), digest_of_path(folder_ / "second")->str());
}

TEST_F(TrainStage, NamesLabelsThatTrainingNeverSaw) {
  testing::FakeContext context(folder_ / "out", params("naive-bayes"));
  context.input("clean.train", "rows", rows("train", 40))
      .input("clean.validation", "rows", write_rows("validation", {{"a", "pos"}, {"b", "postive"}, {"c", "mixed"}}));
  const Status run = stage_->run(context);
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().message, "1 of 3 rows of clean.validation has the label \"mixed\", which never occurs in training; the model's labels: neg, pos");
  EXPECT_EQ(run.error().hint, "add rows with this label to the training data, or drop them");
  ASSERT_EQ(run.error().also.size(), 1U);
  EXPECT_EQ(run.error().also[0].message,
            "1 of 3 rows of clean.validation has the label \"postive\", which never occurs in training; the model's labels: neg, pos");
}

TEST_F(TrainStage, RefusesRowsItCannotLearnFrom) {
  const auto fault = [&](const std::vector<std::array<std::string, 2>>& texts) {
    testing::FakeContext context(folder_ / "out", params("naive-bayes"));
    context.input("clean.train", "rows", write_rows("train", texts));
    const Status run = stage_->run(context);
    return run.ok() ? "" : run.error().message;
  };
  EXPECT_EQ(fault({}), "clean.train has no rows to train on");
  EXPECT_EQ(fault({{"a", "pos"}, {"b", "pos"}}), "all 2 rows of clean.train have the label \"pos\"; a classifier needs at least two labels");
  EXPECT_EQ(fault({{"a", "pos"}, {"b", ""}, {"c", "neg"}}), "1 of 3 rows of clean.train has no label, the first with id 2");
}

TEST_F(TrainStage, LeavesOutLabelsThatOnlyOtherRowsHave) {
  auto writer = data::RowsWriter::create(folder_ / "train", {{"a", "b", "unused"}, Json::object(), "train"}, false, false).value();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(writer.add(std::to_string(i), i % 2 == 0 ? "xx yy" : "zz ww", i % 2 == 0 ? "a" : "b").ok());
  ASSERT_TRUE(writer.finish().ok());
  testing::FakeContext context(folder_ / "out", params("naive-bayes", "none"));
  context.input("train.train", "rows", folder_ / "train");
  ASSERT_TRUE(stage_->run(context).ok());
  EXPECT_EQ(description("out")["labels"], (Json{"a", "b"}));
}

spec::StageSpec fit(Json params) {
  spec::StageSpec stage;
  stage.name = "fit";
  stage.kind = "train";
  stage.params = std::move(params);
  return stage;
}

TEST_F(TrainStage, FindsFaultsBeforeItRuns) {
  const auto declared = stage_->outputs(fit(params("nb-svm")), {{"clean.train", "train", "rows"}, {"clean.test", "test", "rows"}}).value();
  ASSERT_EQ(declared.size(), 1U);
  EXPECT_EQ(declared[0].name + ":" + declared[0].type, "model:model");
  EXPECT_TRUE(stage_->outputs(fit(params("nb-svm")), {{"clean.all", "all", "rows"}}).ok());

  Json wrong = params("linear-svm");
  wrong["model"]["loss"] = "hinge";
  wrong["model"]["solver"] = "primal";
  const auto faults = stage_->outputs(fit(wrong), {{"clean.a", "a", "rows"}, {"clean.b", "b", "rows"}}).error();
  EXPECT_EQ(faults.field, "stages.fit.inputs");
  EXPECT_EQ(faults.message, "train cannot tell which of its rows to learn from: none has the role train; it has: clean.a (rows), clean.b (rows)");
  ASSERT_EQ(faults.also.size(), 1U);
  EXPECT_EQ(faults.also[0].field, "stages.fit.model.solver");
  EXPECT_EQ(stage_->outputs(fit(params("nb-svm")), {{"data", "data", "source"}}).error().message, "train needs rows to learn from; it has: data (source)");
}

TEST_F(TrainStage, NamesItsLibraryInTheCacheKey) {
  EXPECT_EQ(stage_->backend(params("linear-svm")), "liblinear 2.30");
  EXPECT_EQ(stage_->backend(params("naive-bayes")), "");
}

TEST_F(TrainStage, CleansRowsThatAnotherRecipeCleaned) {
  const Json recipe = {{"steps", {{{"step", "strip_mentions"}}}}};
  testing::FakeContext context(folder_ / "out", params("naive-bayes"));
  context.input("clean.train", "rows", rows("train", 200, 9, recipe)).input("clean.validation", "rows", rows("validation", 60, 9, recipe));
  const Status run = stage_->run(context);
  ASSERT_TRUE(run.ok()) << run.error().message;
  const auto model = ml::Model::load(folder_ / "out" / "model", "fit.model");
  ASSERT_TRUE(model.ok()) << model.error().message;
  const std::vector<std::array<std::string, 2>> text{{"@bad @bad good thing1", "pos"}};
  const auto same = data::Rows::load(write_rows("same", text, recipe)).value(), other = data::Rows::load(write_rows("other", text)).value();
  const CancelToken cancel;
  const auto as_it_is = model->score(same, cancel).value(), cleaned = model->score(other, cancel).value();
  const std::vector<std::string_view> raw{text[0][0]};
  EXPECT_LT(as_it_is[1], cleaned[1]);
  EXPECT_EQ(model->score_raw(raw, cancel).value(), cleaned);
}

TEST(Model, SaysWhatIsWrongWithAFolder) {
  const testing::TemporaryFolder folder;
  const auto fault = [&](const std::string& json) {
    folder.write("model.json", json);
    return ml::Model::load(folder.path(), "models/x").error();
  };
  EXPECT_EQ(fault("[]").message, "model.json: format is null, expected \"mlopsctl-model-1\"");
  EXPECT_EQ(fault("{\"format\": \"mlopsctl-model-9\"}").message, "model.json: format is \"mlopsctl-model-9\", expected \"mlopsctl-model-1\"");
  EXPECT_EQ(fault("{\"format\": \"mlopsctl-model-1\", \"type\": \"bert\"}").message, "model.json: \"labels\" is missing");
  const std::string rest = R"("labels": ["a", "b"], "recipe": {}, "params": {}, "family": {}, "calibration": {"method": "none"}, "profile": {})";
  const Error unknown = fault("{\"format\": \"mlopsctl-model-1\", \"type\": \"linear-svn\", " + rest + "}");
  EXPECT_EQ(unknown.message, "model.json: unknown type \"linear-svn\"; this mlopsctl knows: linear-svm, logistic, naive-bayes, nb-svm, bert, ensemble");
  EXPECT_THAT(unknown.notes, ElementsAre("while loading the model models/x"));
  EXPECT_EQ(fault("{\"format\": \"mlopsctl-model-1\", \"type\": \"linear-svm\", " + rest + "}").message, "model.json: family.vectorizer is missing");
}

}  // namespace
}  // namespace mlopsctl::train
