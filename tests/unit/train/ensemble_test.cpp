#include "stages/train/ensemble.hpp"

#include <array>

#include <gmock/gmock.h>

#include "pipeline/base/files.hpp"
#include "stages/text/recipe.hpp"
#include "stages/train/profile.hpp"

#include "stages/train/train_stage.hpp"
#include "tests/support/fake_context.hpp"
#include "tests/unit/train/train_support.hpp"

namespace mlopsctl::train {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using TextAndLabel = std::array<std::string, 2>;

const Json kLowercase = {{"steps", {{{"step", "lowercase"}}}}};
const Json kAsItIs = {{"steps", Json::array()}};

// Two members that need different recipes: one knows only capitals, the other only small letters.
class Ensemble : public ::testing::Test {
 protected:
  static std::vector<TextAndLabel> texts(size_t count, size_t noise) {
    std::vector<TextAndLabel> made;
    for (size_t i = 0; i < count; ++i) {
      const bool good = (i % 2 == 0) != (i % noise == noise - 1);
      made.push_back({std::string(good ? "GOOD" : "BAD") + " Thing" + std::to_string(i % 13) + " no" + std::to_string(i % 5), i % 2 == 0 ? "pos" : "neg"});
    }
    return made;
  }
  std::filesystem::path rows(const std::string& name, const std::vector<TextAndLabel>& made, const Json& recipe) {
    const auto clean = text::Recipe::make(recipe["steps"]).value();
    auto writer = data::RowsWriter::create(folder_ / name, {{}, recipe, name}, true, false).value();
    for (size_t i = 0; i < made.size(); ++i) {
      std::string cleaned = clean(made[i][0]);
      EXPECT_TRUE(writer.add(std::to_string(i + 1), cleaned, made[i][1], {made[i][0], ""}).ok());
    }
    EXPECT_TRUE(writer.finish().ok());
    return folder_ / name;
  }
  std::filesystem::path member(const std::string& name, const std::string& type, const Json& recipe, std::vector<TextAndLabel> made = texts(200, 9)) {
    testing::FakeContext context(folder_ / name, {{"model", canonical_params(type, {{"lowercase", false}})}, {"calibration", "auto"}});
    context.input("clean.train", "rows", rows(name + "-train", made, recipe));
    const Status run = stage_->run(context);
    EXPECT_TRUE(run.ok()) << run.error().message;
    return folder_ / name / "model";
  }
  static Json params(const std::string& weights = "fitted", const std::string& calibration = "auto") {
    return {{"model", canonical_params("ensemble", {{"members", {"one", "two"}}, {"weights", weights}})}, {"calibration", calibration}};
  }
  Status train(testing::FakeContext& context) {
    context.input("clean.validation", "rows", rows("validation", texts(80, 7), kLowercase));
    context.input("model.members.0", "model", one_).input("model.members.1", "model", two_);
    return stage_->run(context);
  }
  ml::Model load(const std::filesystem::path& folder) { return ml::Model::load(folder, "both").value(); }
  static std::vector<float> ask(const ml::Model& model) {
    const CancelToken cancel;
    const std::vector<std::string_view> raw{"GOOD Thing3", "BAD no1", "good thing", ""};
    return model.score_raw(raw, cancel).value();
  }

  testing::TemporaryFolder folder_;
  std::unique_ptr<engine::Stage> stage_ = make_train_stage();
  std::filesystem::path one_ = member("one", "naive-bayes", kAsItIs), two_ = member("two", "logistic", kLowercase);
};

TEST_F(Ensemble, IsTheMeanOfMembersThatEachCleanInTheirOwnWay) {
  testing::FakeContext context(folder_ / "out", params("equal", "none"));
  const Status run = train(context);
  ASSERT_TRUE(run.ok()) << run.error().message;
  const auto one = ask(load(one_)), two = ask(load(two_)), both = ask(load(folder_ / "out" / "model"));
  EXPECT_NE(one[4], one[0]);  // the first knows GOOD and not good
  EXPECT_EQ(two[4] > 0.5, two[0] > 0.5);
  for (size_t i = 0; i < both.size(); ++i) EXPECT_NEAR(both[i], (one[i] + two[i]) / 2, 1e-6) << i;
}

TEST_F(Ensemble, FitsWeightsOnValidationRows) {
  testing::FakeContext context(folder_ / "out", params());
  const Status run = train(context);
  ASSERT_TRUE(run.ok()) << run.error().message;
  const Json json = parse_json(read_file(folder_ / "out" / "model" / "model.json").value(), "model.json").value();
  EXPECT_EQ(json["type"], "ensemble");
  EXPECT_EQ(json["labels"], (Json{"neg", "pos"}));
  EXPECT_EQ(json["recipe"], kAsItIs);
  EXPECT_EQ(json["trained_on"]["rows"], 200);  // what the members learnt from
  EXPECT_EQ(json["profile"]["source"], "validation");
  EXPECT_EQ(json["profile"]["rows"], 80);
  EXPECT_TRUE(profile_from_json(json["profile"]).ok());
  const Json& members = json["family"]["members"];
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[0]["name"], "one");
  EXPECT_EQ(members[1]["type"], "logistic");
  EXPECT_NEAR(members[0]["weight"].get<double>() + members[1]["weight"].get<double>(), 1, 1e-12);
  EXPECT_EQ(context.report().metrics["weight.one"], members[0]["weight"].get<double>());
  EXPECT_GT(context.report().metrics["validation_accuracy"], 0.8);
  EXPECT_LT(context.report().metrics["validation_log_loss"], 0.5);
}

TEST_F(Ensemble, NeedsNothingBesideItsFolder) {
  testing::FakeContext context(folder_ / "out", params());
  ASSERT_TRUE(train(context).ok());
  const auto before = ask(load(folder_ / "out" / "model"));
  std::filesystem::rename(folder_ / "out" / "model", folder_ / "moved");
  for (const char* gone : {"one", "two", "out"}) std::filesystem::remove_all(folder_ / gone);
  EXPECT_EQ(ask(load(folder_ / "moved")), before);
}

TEST_F(Ensemble, CanBeAMemberItself) {
  testing::FakeContext context(folder_ / "out", params());
  ASSERT_TRUE(train(context).ok());
  one_ = folder_ / "out" / "model";
  testing::FakeContext outer(folder_ / "outer", params("equal", "none"));
  ASSERT_TRUE(train(outer).ok());
  const auto inner = ask(load(one_)), two = ask(load(two_)), both = ask(load(folder_ / "outer" / "model"));
  for (size_t i = 0; i < both.size(); ++i) EXPECT_NEAR(both[i], (inner[i] + two[i]) / 2, 1e-6) << i;
}

TEST_F(Ensemble, GivesTheSameBytesAgain) {
  for (const char* out : {"first", "second"}) {
    testing::FakeContext context(folder_ / out, params());
    ASSERT_TRUE(train(context).ok());
  }
  EXPECT_EQ(digest_of_path(folder_ / "first")->str(), digest_of_path(folder_ / "second")->str());
}

TEST_F(Ensemble, TellsWhatIsUnknownToItsMembers) {
  testing::FakeContext context(folder_ / "out", params());
  ASSERT_TRUE(train(context).ok());
  std::vector<float> unknown;
  const CancelToken cancel;
  const std::vector<std::string_view> raw{"GOOD", "good", "never"};
  ASSERT_TRUE(load(folder_ / "out" / "model").score_clean(raw, cancel, &unknown).ok());
  EXPECT_THAT(unknown, ElementsAre(0, 0.5, 1));
}

TEST_F(Ensemble, LinksWhatNobodyMayChangeAndCopiesTheRest) {
  std::filesystem::permissions(one_ / "weights.safetensors", std::filesystem::perms(0444));
  std::filesystem::permissions(two_ / "weights.safetensors", std::filesystem::perms(0644));
  std::filesystem::create_directories(one_ / "checkpoints");
  ASSERT_TRUE(write_file(one_ / "checkpoints" / "epoch-1.safetensors", "large").ok());
  testing::FakeContext context(folder_ / "out", params());
  ASSERT_TRUE(train(context).ok());
  EXPECT_EQ(std::filesystem::hard_link_count(one_ / "weights.safetensors"), 2U);
  EXPECT_EQ(std::filesystem::hard_link_count(two_ / "weights.safetensors"), 1U);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out" / "model" / "members" / "0" / "checkpoints"));
}

TEST_F(Ensemble, RefusesMembersWithOtherLabels) {
  two_ = member("other", "naive-bayes", kAsItIs, {{"some", "neutral"}, {"other", "pos"}});
  testing::FakeContext context(folder_ / "out", params());
  const Status run = train(context);
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().message, "the members of an ensemble need the same labels: model.members.0 has neg, pos; model.members.1 has neutral, pos");
  EXPECT_EQ(run.error().hint, "train them on rows with the same labels");
}

TEST_F(Ensemble, RefusesWhatIsNoClassifier) {
  two_ = folder_ / "two-train";
  testing::FakeContext context(folder_ / "out", params());
  const Status run = train(context);
  ASSERT_FALSE(run.ok());
  EXPECT_THAT(run.error().message, HasSubstr("model.json"));
  EXPECT_THAT(run.error().notes, ElementsAre("while loading the model model.members.1"));
}

TEST_F(Ensemble, RefusesEmptyValidationRows) {
  testing::FakeContext context(folder_ / "out", params());
  context.input("clean.validation", "rows", rows("validation", {}, kAsItIs));
  context.input("model.members.0", "model", one_).input("model.members.1", "model", two_);
  const Status run = stage_->run(context);
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().message, "clean.validation has no rows to fit the ensemble on");
}

TEST_F(Ensemble, FindsFaultsBeforeItRuns) {
  spec::StageSpec stage;
  stage.name = "both";
  stage.kind = "train";
  stage.params = params();
  const engine::InputShape member{"model.members.0", "model", "model"};
  EXPECT_TRUE(stage_->outputs(stage, {{"clean.validation", "validation", "rows"}, member}).ok());
  const Error rows = stage_->outputs(stage, {{"clean.train", "train", "rows"}, member}).error();
  EXPECT_EQ(rows.field, "stages.both.inputs");
  EXPECT_EQ(rows.message,
            "model type ensemble needs rows with the role validation, which its members have not learnt from; it has: clean.train (rows), "
            "model.members.0 (model)");
  EXPECT_EQ(rows.hint, "name the validation rows of a preprocess stage: inputs: [clean.validation]");
  stage.params["model"]["members"] = {"one", "two", "one"};
  const Error twice = stage_->outputs(stage, {{"clean.validation", "validation", "rows"}}).error();
  EXPECT_EQ(twice.field, "stages.both.model.members.2");
  EXPECT_EQ(twice.message, "\"one\" is a member already");
}

TEST_F(Ensemble, SaysWhatIsWrongWithItsFolder) {
  testing::FakeContext context(folder_ / "out", params());
  ASSERT_TRUE(train(context).ok());
  const auto file = folder_ / "out" / "model" / "model.json";
  const Json good = parse_json(read_file(file).value(), "model.json").value();
  const auto fault = [&](const std::function<void(Json&)>& change) {
    Json json = good;
    change(json);
    EXPECT_TRUE(write_file(file, pretty(json)).ok());
    const auto loaded = ml::Model::load(file.parent_path(), "both");
    return loaded.ok() ? "" : loaded.error().message;
  };
  EXPECT_EQ(fault([](Json&) {}), "");
  EXPECT_EQ(fault([](Json& json) { json["family"] = nullptr; }), "model.json: family.members is no list of members");
  EXPECT_EQ(fault([](Json& json) { json["family"]["members"][1]["weight"] = -1; }), "model.json: family.members[1].weight is no number of at least 0");
  EXPECT_EQ(fault([](Json& json) { json["family"]["members"][0]["temperature"] = 0; }), "model.json: family.members[0].temperature is no number above 0");
  EXPECT_EQ(fault([](Json& json) {
              json["labels"] = {"neg", "positive"};
            }),
            "model.json has the labels [\"neg\",\"positive\"], members/0 has [\"neg\",\"pos\"]");
  std::filesystem::remove_all(file.parent_path() / "members" / "1");
  EXPECT_THAT(fault([](Json&) {}), HasSubstr("members/1"));
}

}  // namespace
}  // namespace mlopsctl::train
