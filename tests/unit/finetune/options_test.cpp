#include "stages/finetune/options.hpp"

#include <gmock/gmock.h>

namespace mlopsctl::finetune {
namespace {

using ::testing::ElementsAre;

Json model(const Json& given = Json::object()) {
  Json params = {{"type", "bert"}, {"base", "base"}};
  for (const spec::Field& field : bert_fields())
    if (field.name != "base") params[field.name] = field.default_value.value_or(Json());
  if (given.is_object()) params.update(given);
  return params;
}
Json optimizer(const Json& given) { return spec::complete(*optimizer_type(), given); }

std::vector<std::string> faults(const Json& given, const Json& of_optimizer = nullptr) {
  const Status checked = check(model(given), of_optimizer.is_null() ? Json() : optimizer(of_optimizer));
  if (checked) return {};
  std::vector<std::string> all{checked.error().field + ": " + checked.error().message + " (" + checked.error().hint + ")"};
  for (const Error& other : checked.error().also) all.push_back(other.field + ": " + other.message + " (" + other.hint + ")");
  return all;
}

TEST(Options, DefaultsAreWhatTheTableSays) {
  const OptimizerOptions options = optimizer_options(nullptr), fresh;
  EXPECT_EQ(options.lr, fresh.lr);
  EXPECT_EQ(options.epochs, fresh.epochs);
  EXPECT_EQ(options.batch_tokens, fresh.batch_tokens);
  EXPECT_EQ(options.schedule, fresh.schedule);
  EXPECT_EQ(options.warmup, fresh.warmup);
  EXPECT_EQ(options.clip, fresh.clip);
  EXPECT_EQ(options.weight_decay, fresh.weight_decay);
  EXPECT_EQ(options.metric, fresh.metric);
  EXPECT_FALSE(options.patience || options.batch_rows);
  const BertOptions bert = bert_options(model());
  EXPECT_EQ(bert.max_tokens, 128);
  EXPECT_FALSE(bert.dropout || bert.head_dropout || bert.precision);
}

TEST(Options, AreRead) {
  const OptimizerOptions options = optimizer_options(optimizer({{"lr", 2e-5},
                                                                {"batch_rows", 32},
                                                                {"schedule", "slanted"},
                                                                {"class_weights", {{"neutral", 2}}},
                                                                {"metric", "macro_f1"},
                                                                {"top", 3},
                                                                {"early_stopping", {{"patience", 1}}}}));
  EXPECT_EQ(options.lr, 2e-5);
  EXPECT_EQ(options.batch_rows, 32);
  EXPECT_EQ(options.schedule, Schedule::slanted);
  EXPECT_EQ(options.class_weights.at("neutral"), 2);
  EXPECT_EQ(options.metric, Metric::macro_f1);
  EXPECT_EQ(options.top, 3);
  EXPECT_EQ(options.patience, 1);
  EXPECT_TRUE(optimizer_options(optimizer({{"class_weights", "balanced"}})).balanced);
  const BertOptions bert =
      bert_options(model({{"train", "last:2"}, {"pooling", "mean"}, {"truncation", "head_and_tail"}, {"precision", "bf16"}, {"dropout", 0.3}}));
  EXPECT_EQ(bert.train.layers, 2);
  EXPECT_FALSE(bert.train.embeddings);
  EXPECT_EQ(bert.pooling, Pooling::mean);
  EXPECT_EQ(bert.truncation, Truncation::head_and_tail);
  EXPECT_EQ(bert.precision, Precision::bf16);
  EXPECT_EQ(bert.dropout, 0.3);
  EXPECT_TRUE(bert_options(model({{"train", "pooler+classifier"}})).train.frozen_encoder());
  EXPECT_FALSE(bert_options(model({{"train", "classifier"}})).train.pooler);
  EXPECT_FALSE(bert_options(model({{"train", "layers"}})).train.frozen_encoder());
}

TEST(Options, WhatCannotGoTogetherIsSaidBeforeAnythingRuns) {
  EXPECT_TRUE(faults({}).empty());
  EXPECT_TRUE(faults({{"train", "last:12"}}).empty());
  for (const char* wrong : {"last:0", "last:", "last:x", "everything"})
    EXPECT_THAT(faults({{"train", wrong}}), ElementsAre("model.train: expected all, layers, last:k, pooler+classifier or classifier, got " +
                                                        std::string(wrong) + " (write train: last:2 for the last two layers)"));
  EXPECT_THAT(faults({{"train", "none"}}), ElementsAre("model.train: expected all, layers, last:k, pooler+classifier or classifier, got none (this key names "
                                                       "what learns; to freeze nothing, write train: all)"));
  EXPECT_THAT(faults({{"train", "embeddings"}}), ElementsAre("model.train: expected all, layers, last:k, pooler+classifier or classifier, got embeddings (this "
                                                             "key names what learns; to freeze the embeddings, write train: layers)"));
  EXPECT_THAT(faults({{"objective", "mlm"}, {"train", "classifier"}}),
              ElementsAre("model.train: with objective mlm the encoder must learn, and train: classifier freezes it (write train: all)"));
  EXPECT_THAT(faults({{"objective", "mlm"}, {"pooling", "mean"}, {"head_dropout", 0.1}},
                     {{"class_weights", "balanced"}, {"label_smoothing", 0.1}, {"metric", "accuracy"}}),
              ElementsAre("model.pooling: objective mlm has no pooling: each masked token is predicted by itself (remove pooling)",
                          "model.head_dropout: objective mlm has no classifier, so nothing comes before it (remove head_dropout)",
                          "optimizer.class_weights: objective mlm has no labels to weigh (remove class_weights)",
                          "optimizer.label_smoothing: objective mlm has no labels to smooth (remove label_smoothing)",
                          "optimizer.metric: objective mlm looks at no validation rows (remove metric)"));
  EXPECT_TRUE(faults({{"objective", "mlm"}}, {{"lr", 1e-4}}).empty());
  EXPECT_THAT(
      faults({{"train", "classifier"}}, {{"layer_decay", 0.9}}),
      ElementsAre("optimizer.layer_decay: layer_decay has no effect with a frozen encoder (train: classifier) (remove layer_decay, or let layers learn: "
                  "train: all)"));
  EXPECT_THAT(faults({}, {{"batch_rows", 32}, {"batch_tokens", 1024}, {"lr", 0}, {"top", 2}, {"keep_best", false}, {"early_stopping", {{"patience", 3}}}}),
              ElementsAre("optimizer.batch_rows: a batch is measured in tokens or in rows, not both (remove batch_rows or batch_tokens)",
                          "optimizer.lr: with a learning rate of 0 nothing is learnt (write lr: 5e-5)",
                          "optimizer.top: top keeps the best epochs, and keep_best is false (remove top or keep_best)",
                          "optimizer.early_stopping.patience: patience 3 never ends a training of 3 epochs (raise epochs, or lower patience)"));
}

}  // namespace
}  // namespace mlopsctl::finetune
