// The options of `model: {type: bert}` and of the train stage's `optimizer`: their fields (the ONE table), and the same as values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/spec/field.hpp"
#include "stages/finetune/network.hpp"

namespace mlopsctl::finetune {

std::vector<spec::Field> bert_fields();
// `optimizer`, of every family that learns step by step. Absent (null) means all defaults.
spec::TypePtr optimizer_type();

enum class Truncation { head, head_and_tail };
enum class Schedule { constant, linear, cosine, one_cycle, slanted };
enum class Metric { accuracy, macro_f1, loss };
std::string_view to_string(Metric metric);  // "macro_f1"

// What learns: the classifier always; then the pooler; then the last `layers` of the encoder; then the embeddings.
struct Learners {
  bool pooler = true;
  int64_t layers = -1;  // -1: all
  bool embeddings = true;
  bool frozen_encoder() const { return layers == 0 && !embeddings; }
};

struct BertOptions {
  int64_t max_tokens = 128;
  Truncation truncation = Truncation::head;
  Learners train;
  Pooling pooling = Pooling::cls;
  Objective objective = Objective::classify;
  std::optional<double> dropout, head_dropout;  // nothing: what the base says
  std::optional<Precision> precision;           // nothing: the faster
  std::string device = "auto";
};

struct OptimizerOptions {
  double lr = 5e-5;
  int64_t epochs = 3;
  int64_t batch_tokens = 2048;
  std::optional<int64_t> batch_rows;  // instead of batch_tokens
  int64_t accumulate = 1;
  Schedule schedule = Schedule::linear;
  double warmup = 0.1;  // share of all steps
  double layer_decay = 1, weight_decay = 0.01, clip = 1, label_smoothing = 0;
  bool balanced = false;                        // class weights by how rare a label is
  std::map<std::string, double> class_weights;  // of the labels named
  Metric metric = Metric::accuracy;
  bool keep_best = true;
  int64_t top = 1;
  std::optional<int64_t> patience;  // of early stopping, in epochs
  double min_delta = 0;
};

// From canonical parameters that check() has passed. `optimizer` may be null.
BertOptions bert_options(const Json& model);
OptimizerOptions optimizer_options(const Json& optimizer);

// Values that cannot be read or cannot go together. Error::field is the path below the stage: "model.train", "optimizer.batch_rows".
Status check(const Json& model, const Json& optimizer);

}  // namespace mlopsctl::finetune
