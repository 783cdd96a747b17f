#include "stages/finetune/fit.hpp"

#include <gmock/gmock.h>

#include "stages/weights/hugging_face.hpp"
#include "tests/unit/finetune/fitting.hpp"

namespace mlopsctl::finetune {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

std::vector<Json> lines_of(const std::string& log) {
  std::vector<Json> lines;
  for (size_t begin = 0; begin < log.size();) {
    const size_t end = log.find('\n', begin);
    lines.push_back(parse_json(log.substr(begin, end - begin), "line").value());
    begin = end + 1;
  }
  return lines;
}

TEST(Fit, WritesAHuggingFaceFolderWithWhatItLearnt) {
  Fitting fitting;
  const auto report = fitting.run();
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_THAT(report->warnings, IsEmpty());
  EXPECT_EQ(report->metrics.at("epochs"), 3);
  EXPECT_LT(report->metrics.at("train_loss"), 0.8);
  const auto written = weights::BertFolder::open(fitting.folder / "model", "model");
  ASSERT_TRUE(written.ok()) << written.error().message;
  EXPECT_EQ(written->config().labels, fitting.labels);
  EXPECT_TRUE(written->has_classifier());
  EXPECT_TRUE(fs::exists(fitting.folder / "model" / "vocab.txt"));
}

TEST(Fit, WritesDownEachStepAndEpoch) {
  Fitting fitting;
  fitting.optimizer["batch_rows"] = 20;
  fitting.optimizer["epochs"] = 2;
  ASSERT_TRUE(fitting.run().ok());
  const auto lines = lines_of(fitting.log());
  ASSERT_EQ(lines.size(), 8U);
  for (size_t i : {0, 1, 2, 4, 5, 6}) {
    EXPECT_EQ(lines[i].size(), 5U);
    EXPECT_EQ(lines[i]["step"], i < 4 ? i + 1 : i);
    EXPECT_EQ(lines[i]["epoch"], i < 4 ? 1 : 2);
    EXPECT_GT(lines[i]["loss"], 0);
    EXPECT_GT(lines[i]["norm"], 0);
  }
  EXPECT_EQ(lines[0]["lr"], 0);
  EXPECT_EQ(lines[1]["lr"], 0.05);
  EXPECT_NEAR(lines[6]["lr"].get<double>(), 0.01, 1e-9);
  for (size_t i : {3, 7}) {
    for (const char* key : {"epoch", "step", "train_loss", "validation_loss", "accuracy", "macro_f1"}) EXPECT_TRUE(lines[i].contains(key)) << key;
    EXPECT_EQ(lines[i].size(), 6U) << "no time, no speed";
  }
}

TEST(Fit, GivesTheSameBytesForTheSameSeed) {
  Fitting first, second, other;
  other.seed = 2;
  for (Fitting* fitting : {&first, &second, &other}) ASSERT_TRUE(fitting->run().ok());
  EXPECT_EQ(first.digest(), second.digest());
  EXPECT_NE(first.digest(), other.digest());
}

// Validation rows that contradict the training rows: the first epoch is the best.
TEST(Fit, KeepsTheBestEpoch) {
  Fitting best, first, last;
  for (Fitting* fitting : {&best, &first, &last}) {
    fitting->optimizer.update({{"schedule", "constant"}, {"warmup", 0}, {"metric", "loss"}});
    for (int& label : fitting->validation.labels) label = (label + 1) % 3;
  }
  first.optimizer["epochs"] = 1;
  last.optimizer["keep_best"] = false;
  best.optimizer["top"] = 2;
  const auto report = best.run();
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->metrics.at("best_epoch"), 1);
  EXPECT_EQ(report->summary["best_epoch"], 1);
  ASSERT_TRUE(first.run().ok());
  ASSERT_TRUE(last.run().ok());
  const auto weights = [](const Fitting& fitting) { return digest_of_path(fitting.folder / "model" / "model.safetensors")->str(); };
  EXPECT_EQ(weights(best), weights(first));
  EXPECT_NE(weights(best), weights(last));
  EXPECT_TRUE(fs::exists(best.folder / "model" / "checkpoints" / "epoch-2.safetensors"));
  EXPECT_FALSE(fs::exists(best.folder / "model" / "checkpoints" / "epoch-3.safetensors"));
}

TEST(Fit, StopsEarly) {
  Fitting fitting;
  fitting.optimizer.update({{"epochs", 50}, {"metric", "loss"}, {"early_stopping", {{"patience", 2}}}});
  for (int& label : fitting.validation.labels) label = (label + 1) % 3;
  const auto report = fitting.run();
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->metrics.at("epochs"), 3);
}

TEST(Fit, AccumulatesBatchesIntoTheSameStep) {
  Fitting whole, halves;
  for (Fitting* fitting : {&whole, &halves}) {
    fitting->train = flights(8);
    fitting->model["head_dropout"] = 0;
    fitting->optimizer["epochs"] = 1;
    fitting->optimizer["warmup"] = 0;
  }
  whole.optimizer["batch_rows"] = 8;
  halves.optimizer["batch_rows"] = 4;
  halves.optimizer["accumulate"] = 2;
  ASSERT_TRUE(whole.run().ok());
  ASSERT_TRUE(halves.run().ok());
  const Json one = lines_of(whole.log())[0], two = lines_of(halves.log())[0];
  EXPECT_NEAR(one["loss"].get<double>(), two["loss"].get<double>(), 1e-6);
  EXPECT_NEAR(one["norm"].get<double>(), two["norm"].get<double>(), 1e-5);
}

TEST(Fit, WarnsOfTextsThatAreCutAndOfLabelsWithOneRow) {
  Fitting fitting;
  fitting.labels.push_back("quiet");
  fitting.train.texts.emplace_back("the the the the the the the the the the the the the the the");
  fitting.train.labels.push_back(3);
  const auto report = fitting.run();
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_THAT(report->warnings, ElementsAre("1 of 61 (1.6 %) texts to learn from are longer than max_tokens (16) and were cut",
                                            "label \"quiet\" has a single row to learn from"));
  EXPECT_EQ(report->metrics.at("texts_cut"), 1);
}

TEST(Fit, WarnsWhereEarlyStoppingHasNothingToLookAt) {
  Fitting fitting;
  fitting.validation = {};
  fitting.optimizer["early_stopping"] = {{"patience", 1}};
  const auto report = fitting.run();
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_THAT(report->warnings, ElementsAre("early_stopping found no validation rows to look at, so every epoch was run"));
}

TEST(Fit, RefusesWhatTheBaseCannotDo) {
  Fitting fitting;
  fitting.model["max_tokens"] = 128;
  EXPECT_EQ(fitting.fault(), "model.max_tokens: models/tiny reads 16 tokens at most, got 128 | write max_tokens: 16");
  fitting.model["max_tokens"] = 16;
  fitting.model["train"] = "last:3";
  EXPECT_EQ(fitting.fault(), "model.train: models/tiny has 2 layers, got last:3 | write train: layers");
  fitting.model["train"] = "all";
  fitting.model["device"] = "cuda";
  EXPECT_EQ(fitting.fault(), "model.device: there is no cuda device here | write device: auto, or run where there is a GPU and a libtorch built for it");
  fitting.model["device"] = "auto";
  fitting.optimizer["class_weights"] = {{"neutrall", 2}};
  EXPECT_EQ(fitting.fault(),
            "optimizer.class_weights.neutrall: the label \"neutrall\" does not occur in training; the labels are negative, neutral, positive | "
            "did you mean neutral?");
}

TEST(Fit, HandsTheNetworkWhatWasAskedFor) {
  Fitting fitting;
  fitting.model.update({{"train", "last:1"}, {"dropout", 0.2}, {"head_dropout", 0.3}});
  fitting.optimizer.update({{"label_smoothing", 0.1}, {"class_weights", {{"neutral", 2}}}, {"layer_decay", 0.9}});
  ASSERT_TRUE(fitting.run().ok());
  const NetworkOptions& how = fitting.factory.last_options;
  EXPECT_EQ(how.classes, 3);
  EXPECT_EQ(how.hidden_dropout, 0.2);
  EXPECT_EQ(how.attention_dropout, 0.2);
  EXPECT_EQ(how.head_dropout, 0.3);
  EXPECT_EQ(how.label_smoothing, 0.1);
  EXPECT_THAT(how.class_weights, ElementsAre(1, 2, 1));
  EXPECT_TRUE(how.learning.contains("bert.encoder.layer.1.output.dense.weight"));
  EXPECT_FALSE(how.learning.contains("bert.encoder.layer.0.output.dense.weight"));
}

TEST(Fit, LearnsALanguageFromTextsAlone) {
  Fitting fitting;
  fitting.model["objective"] = "mlm";
  fitting.train.labels.clear();
  const auto report = fitting.run();
  ASSERT_TRUE(report.ok()) << report.error().message;
  const auto written = weights::BertFolder::open(fitting.folder / "model", "model");
  ASSERT_TRUE(written.ok()) << written.error().message;
  EXPECT_TRUE(written->has_mlm_head());
  const auto lines = lines_of(fitting.log());
  EXPECT_FALSE(lines.back().contains("accuracy"));
  EXPECT_LT(lines.back()["train_loss"].get<double>(), lines.front()["loss"].get<double>());
}

TEST(Fit, SaysHowFarItIs) {
  Fitting fitting;
  ASSERT_TRUE(fitting.run().ok());
  EXPECT_EQ(fitting.said.front(), "reading models/tiny");
  EXPECT_THAT(fitting.said, ::testing::Contains(HasSubstr("epoch 2/3, loss 0.")));
  EXPECT_THAT(fitting.said, ::testing::Contains("epoch 3/3, looking at the validation rows"));
  EXPECT_EQ(fitting.said.back(), "writing the model");
}

}  // namespace
}  // namespace mlopsctl::finetune
