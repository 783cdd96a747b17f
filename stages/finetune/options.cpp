#include "stages/finetune/options.hpp"

#include <array>

#include "pipeline/base/error_json.hpp"

namespace mlopsctl::finetune {
namespace {

// "all", "layers", "last:2", "pooler+classifier", "classifier"; nothing when it is none of these.
std::optional<Learners> learners_of(const std::string& text) {
  if (text == "all") return Learners{true, -1, true};
  if (text == "layers") return Learners{true, -1, false};
  if (text == "pooler+classifier") return Learners{true, 0, false};
  if (text == "classifier") return Learners{false, 0, false};
  if (!text.starts_with("last:")) return std::nullopt;
  const std::string digits = text.substr(5);
  if (digits.empty() || digits.size() > 3 || digits.find_first_not_of("0123456789") != std::string::npos || std::stol(digits) == 0) return std::nullopt;
  return Learners{true, std::stol(digits), false};
}

template <typename T>
std::optional<T> maybe(const Json& value) {
  return value.is_null() ? std::optional<T>() : std::optional<T>(value.get<T>());
}

template <typename Enum, size_t N>
Enum one_of(const std::array<std::pair<const char*, Enum>, N>& names, const Json& value) {
  for (const auto& [name, meaning] : names)
    if (value == name) return meaning;
  return names.front().second;
}

}  // namespace

std::string_view to_string(Metric metric) { return metric == Metric::loss ? "loss" : metric == Metric::macro_f1 ? "macro_f1" : "accuracy"; }

std::vector<spec::Field> bert_fields() {
  using spec::choice, spec::integer, spec::number, spec::optional, spec::with_default;
  return {
      spec::required("base", spec::model(), "The encoder to start from: a folder as Hugging Face lays it out, a stage or a registered model."),
      with_default("max_tokens", integer(8, 8192), 128, "Longer texts are cut to this many WordPieces, special ones included."),
      with_default("truncation", choice({"head", "head_and_tail"}), "head",
                   "What is kept of a text that is too long: its beginning, or a quarter of it from the beginning and the rest from the end."),
      with_default("train", spec::text("all"), "all",
                   "What learns: all, layers (all but the embeddings), last:k (the last k layers), pooler+classifier or classifier. What is below stays as it "
                   "is; with a frozen encoder its output is computed once and kept."),
      with_default("pooling", choice({"cls", "mean"}), "cls", "What the classifier sees of a text: BERT's pooler on [CLS], or the mean of all tokens."),
      optional("dropout", number(0, 0.9), "Dropout in the encoder. Default: what the base says."),
      optional("head_dropout", number(0, 0.9), "Dropout before the classifier. Default: what the base says."),
      with_default("objective", choice({"classify", "mlm"}), "classify",
                   "classify learns the labels; mlm goes on with masked-language pre-training on the texts alone, for an encoder that knows the domain."),
      with_default("precision", choice({"auto", "f32", "bf16"}), "auto", "Of matrix products. auto measures which is faster here; f32 for small encoders."),
      with_default("device", choice({"auto", "cpu", "cuda"}), "auto", "auto takes the GPU where there is one."),
  };
}

spec::TypePtr optimizer_type() {
  using spec::choice, spec::integer, spec::number, spec::optional, spec::with_default;
  static const spec::TypePtr type = spec::object({
      with_default("lr", number(0, 1, "5e-5"), 5e-5, "The highest learning rate."),
      with_default("epochs", integer(1, 10'000), 3, "How often all training rows are seen."),
      with_default("batch_tokens", integer(16, 10'000'000), 2048,
                   "How many tokens a batch holds: rows of similar length times the longest of them. Where memory runs out, halve it and double accumulate."),
      optional("batch_rows", integer(1, 1'000'000), "How many rows a batch holds, instead of batch_tokens."),
      with_default("accumulate", integer(1, 10'000), 1, "How many batches make one step."),
      with_default("schedule", choice({"linear", "cosine", "one_cycle", "slanted", "constant"}), "linear",
                   "How the learning rate falls after the warm-up: to 0 in a straight line, as a cosine, or not at all; one_cycle rises and falls as a cosine "
                   "(Smith 2018); slanted rises and falls in straight lines to lr/32 (Howard & Ruder 2018)."),
      with_default("warmup", number(0, 1), 0.1, "The share of all steps in which the learning rate rises from 0."),
      with_default("layer_decay", number(0.1, 1), 1, "Each layer learns this much slower than the one above it."),
      with_default("weight_decay", number(0, 1), 0.01, "How much weights shrink in a step, in units of the learning rate; biases and LayerNorm do not."),
      with_default("clip", number(0), 1, "The largest norm of a step's gradients; larger ones are scaled down to it. 0: no limit."),
      with_default("label_smoothing", number(0, 0.9), 0, "The share of each label's target that is spread over all labels."),
      with_default("class_weights", spec::any_of({choice({"none", "balanced"}), spec::map(number(0))}), "none",
                   "How much a row's label counts: balanced weighs labels by how rare they are; or a weight for each label, 1 where not named."),
      optional("metric", choice({"accuracy", "macro_f1", "loss"}), "What is watched on the validation rows after each epoch. Default: accuracy."),
      with_default("keep_best", spec::boolean(), true, "The model is that of the best epoch by `metric`, else of the last. Needs validation rows."),
      with_default("top", integer(1, 20), 1, "How many of the best epochs' weights the model folder holds, the others under checkpoints/."),
      optional("early_stopping",
               spec::object({with_default("patience", integer(1, 1000), 2, "Training ends after this many epochs without a better one."),
                             with_default("min_delta", number(0), 0, "What counts as better: by more than this.")}),
               "Ends training early. Needs validation rows."),
  });
  return type;
}

BertOptions bert_options(const Json& model) {
  BertOptions options;
  options.max_tokens = model["max_tokens"].get<int64_t>();
  options.truncation = model["truncation"] == "head_and_tail" ? Truncation::head_and_tail : Truncation::head;
  options.train = learners_of(model["train"].get<std::string>()).value_or(Learners{});
  options.pooling = model["pooling"] == "mean" ? Pooling::mean : Pooling::cls;
  options.objective = model["objective"] == "mlm" ? Objective::masked_language : Objective::classify;
  options.dropout = maybe<double>(model["dropout"]);
  options.head_dropout = maybe<double>(model["head_dropout"]);
  if (model["precision"] == "f32") options.precision = Precision::f32;
  if (model["precision"] == "bf16") options.precision = Precision::bf16;
  options.device = model["device"].get<std::string>();
  return options;
}

OptimizerOptions optimizer_options(const Json& given) {
  const Json optimizer = given.is_null() ? spec::complete(*optimizer_type(), Json::object()) : given;
  OptimizerOptions options;
  options.lr = optimizer["lr"].get<double>();
  options.epochs = optimizer["epochs"].get<int64_t>();
  options.batch_tokens = optimizer["batch_tokens"].get<int64_t>();
  options.batch_rows = maybe<int64_t>(optimizer["batch_rows"]);
  options.accumulate = optimizer["accumulate"].get<int64_t>();
  static constexpr std::array<std::pair<const char*, Schedule>, 5> schedules{{{"linear", Schedule::linear},
                                                                              {"cosine", Schedule::cosine},
                                                                              {"one_cycle", Schedule::one_cycle},
                                                                              {"slanted", Schedule::slanted},
                                                                              {"constant", Schedule::constant}}};
  options.schedule = one_of(schedules, optimizer["schedule"]);
  options.warmup = optimizer["warmup"].get<double>();
  options.layer_decay = optimizer["layer_decay"].get<double>();
  options.weight_decay = optimizer["weight_decay"].get<double>();
  options.clip = optimizer["clip"].get<double>();
  options.label_smoothing = optimizer["label_smoothing"].get<double>();
  options.balanced = optimizer["class_weights"] == "balanced";
  if (optimizer["class_weights"].is_object()) options.class_weights = optimizer["class_weights"].get<std::map<std::string, double>>();
  static constexpr std::array<std::pair<const char*, Metric>, 3> metrics{
      {{"accuracy", Metric::accuracy}, {"macro_f1", Metric::macro_f1}, {"loss", Metric::loss}}};
  options.metric = one_of(metrics, optimizer["metric"]);
  options.keep_best = optimizer["keep_best"].get<bool>();
  options.top = optimizer["top"].get<int64_t>();
  if (const Json& stopping = optimizer["early_stopping"]; stopping.is_object()) {
    options.patience = stopping["patience"].get<int64_t>();
    options.min_delta = stopping["min_delta"].get<double>();
  }
  return options;
}

Status check(const Json& model, const Json& optimizer) {
  std::vector<Error> faults;
  const auto fault = [&](std::string field, std::string message, std::string hint) {
    Error error = config_error(std::move(message)).with_hint(std::move(hint));
    error.field = std::move(field);
    faults.push_back(std::move(error));
  };
  const std::string train = model["train"].get<std::string>();
  const auto learners = learners_of(train);
  if (!learners) {
    // What freezing is called where one names what stays instead of what learns.
    const char* meant = train == "none" ? "all" : train == "embeddings" ? "layers" : train == "encoder" ? "pooler+classifier" : nullptr;
    fault("model.train", "expected all, layers, last:k, pooler+classifier or classifier, got " + train,
          meant == nullptr ? "write train: last:2 for the last two layers"
                           : "this key names what learns; to freeze " + (train == "none" ? "nothing" : "the " + train) + ", write train: " + meant);
  }
  const OptimizerOptions options = optimizer_options(optimizer);
  const bool mlm = model["objective"] == "mlm";
  if (learners && mlm && learners->frozen_encoder())
    fault("model.train", "with objective mlm the encoder must learn, and train: " + train + " freezes it", "write train: all");
  if (mlm && model["pooling"] == "mean") fault("model.pooling", "objective mlm has no pooling: each masked token is predicted by itself", "remove pooling");
  if (mlm && !model["head_dropout"].is_null())
    fault("model.head_dropout", "objective mlm has no classifier, so nothing comes before it", "remove head_dropout");
  if (mlm && (options.balanced || !options.class_weights.empty()))
    fault("optimizer.class_weights", "objective mlm has no labels to weigh", "remove class_weights");
  if (mlm && options.label_smoothing > 0) fault("optimizer.label_smoothing", "objective mlm has no labels to smooth", "remove label_smoothing");
  if (mlm && !optimizer.is_null() && !optimizer["metric"].is_null()) fault("optimizer.metric", "objective mlm looks at no validation rows", "remove metric");
  if (mlm && options.patience)
    fault("optimizer.early_stopping", "objective mlm looks at no validation rows, so nothing says when to stop", "remove early_stopping");
  if (mlm && options.top > 1) fault("optimizer.top", "objective mlm looks at no validation rows, so no epoch is better than another", "remove top");
  if (learners && learners->frozen_encoder() && options.layer_decay < 1)
    fault("optimizer.layer_decay", "layer_decay has no effect with a frozen encoder (train: " + train + ")",
          "remove layer_decay, or let layers learn: train: all");
  if (options.batch_rows && optimizer["batch_tokens"] != 2048)
    fault("optimizer.batch_rows", "a batch is measured in tokens or in rows, not both", "remove batch_rows or batch_tokens");
  if (options.lr == 0) fault("optimizer.lr", "with a learning rate of 0 nothing is learnt", "write lr: 5e-5");
  if (options.top > 1 && !options.keep_best) fault("optimizer.top", "top keeps the best epochs, and keep_best is false", "remove top or keep_best");
  if (options.patience && *options.patience >= options.epochs)
    fault("optimizer.early_stopping.patience",
          "patience " + std::to_string(*options.patience) + " never ends a training of " + std::to_string(options.epochs) + " epochs",
          "raise epochs, or lower patience");
  if (faults.empty()) return {};
  return join(std::move(faults));
}

}  // namespace mlopsctl::finetune
