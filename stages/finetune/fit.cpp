#include "stages/finetune/fit.hpp"

#include <algorithm>

#include "pipeline/base/files.hpp"
#include "stages/finetune/base.hpp"
#include "stages/finetune/class_weights.hpp"
#include "stages/finetune/classifier.hpp"
#include "stages/finetune/curves.hpp"
#include "stages/finetune/learning.hpp"
#include "stages/finetune/loop.hpp"

namespace mlopsctl::finetune {
namespace {

std::string share_of(size_t part, size_t all) {
  char percent[16];
  std::snprintf(percent, sizeof percent, "%.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(std::max<size_t>(1, all)));
  return std::to_string(part) + " of " + std::to_string(all) + " (" + percent + ")";
}

class Fit {
 public:
  Fit(const ml::TrainRequest& request, const NetworkFactory& factory, const FitSettings& settings, const ml::BaseModel& from, Base base)
      : request_(request),
        factory_(factory),
        settings_(settings),
        from_(from),
        base_(std::move(base)),
        model_(bert_options(request.params)),
        optimizer_(optimizer_options(request.stage_params.value("optimizer", Json()))) {}

  Result<ml::TrainReport> run() {
    TRY(check_against_base());
    TRY(tokenise_all());
    const std::filesystem::path folder = request_.checkpoints ? std::filesystem::path() : request_.folder / "unfinished";
    TRY_ASSIGN(CheckpointStore checkpoints, open_checkpoints(folder));
    TRY_ASSIGN(const auto checkpoint, checkpoints.latest());
    TRY(choose_network(checkpoint));
    TRY_ASSIGN(const auto network, make_network());
    TRY_ASSIGN(const auto material, make_material(*network));
    LoopSettings loop{optimizer_,
                      {optimizer_.batch_tokens, optimizer_.batch_rows.value_or(0)},
                      request_.seed,
                      {},
                      std::string(to_string(how_.precision)),
                      settings_.checkpoint_seconds,
                      [&](double done, std::string_view what) { request_.progress(0.1 + 0.85 * done, what); },
                      request_.cancel};
    for (const auto& [name, learning] : how_.learning) loop.learning.push_back(name);
    TRY_ASSIGN(const Training training, train(*network, *material, loop, checkpoints, checkpoint));
    request_.progress(0.96, "writing the model");
    TRY(write_model(*network, training, checkpoints));
    if (!folder.empty()) TRY(mlopsctl::remove_all(folder));
    return report(training);
  }

 private:
  bool masked() const { return model_.objective == Objective::masked_language; }

  Status check_against_base() const {
    const weights::BertConfig& config = base_.weights.config();
    const auto fault = [](const char* field, std::string message, std::string hint) {
      Error error = config_error(std::move(message)).with_hint(std::move(hint));
      error.field = field;
      return error;
    };
    if (model_.max_tokens > config.max_position_embeddings)
      return fault("model.max_tokens",
                   from_.origin + " reads " + std::to_string(config.max_position_embeddings) + " tokens at most, got " + std::to_string(model_.max_tokens),
                   "write max_tokens: " + std::to_string(config.max_position_embeddings));
    if (model_.train.layers > config.num_hidden_layers)
      return fault("model.train",
                   from_.origin + " has " + std::to_string(config.num_hidden_layers) + " layers, got last:" + std::to_string(model_.train.layers),
                   "write train: layers");
    if (masked() && base_.tokenizer.mask_id() < 0)
      return fault("model.base", "the vocabulary of " + from_.origin + " has no [MASK], which objective mlm needs",
                   "use a base that was pre-trained with masks");
    return {};
  }

  Status tokenise_all() {
    request_.progress(0, "splitting texts into tokens");
    const TokenLimit limit{model_.max_tokens, model_.truncation};
    TRY_ASSIGN(train_texts_, tokenise(request_.train.texts, base_.tokenizer, limit, request_.cancel));
    if (request_.validation != nullptr && !masked()) {
      TRY_ASSIGN(validation_texts_, tokenise(request_.validation->texts, base_.tokenizer, limit, request_.cancel));
    }
    return {};
  }

  Result<CheckpointStore> open_checkpoints(const std::filesystem::path& own) const {
    if (own.empty()) {
      TRY_ASSIGN(auto kept, request_.checkpoints());
      return CheckpointStore(std::move(kept));
    }
    TRY(make_folders(own));
    return CheckpointStore(own);
  }

  Status choose_network(const std::optional<Checkpoint>& checkpoint) {
    const weights::BertConfig& config = base_.weights.config();
    how_.shape = base_.shape();
    how_.objective = model_.objective;
    how_.pooling = model_.pooling;
    how_.classes = static_cast<int64_t>(request_.labels.size());
    how_.hidden_dropout = model_.dropout.value_or(config.hidden_dropout_prob);
    how_.attention_dropout = model_.dropout.value_or(config.attention_probs_dropout_prob);
    how_.head_dropout = model_.head_dropout.value_or(config.classifier_dropout.value_or(how_.hidden_dropout));
    how_.label_smoothing = optimizer_.label_smoothing;
    if (!masked()) { TRY_ASSIGN(how_.class_weights, class_weights(optimizer_, request_.labels, request_.train.labels)); }
    how_.learning = learning_of(how_.shape, model_.objective, model_.pooling, model_.train, optimizer_.layer_decay);
    auto device = device_for(model_.device, factory_);
    if (!device) {
      device.error().field = "model.device";
      return std::move(device).error();
    }
    how_.device = *std::move(device);
    if (model_.precision) how_.precision = *model_.precision;
    else if (checkpoint) how_.precision = checkpoint->state.precision == to_string(Precision::bf16) ? Precision::bf16 : Precision::f32;
    else { TRY_ASSIGN(how_.precision, factory_.fastest(how_.shape, how_.device, 0)); }
    return {};
  }

  // The base's tensors; its classifier only where it was made for the very same labels.
  Tensors start_weights() const {
    Tensors tensors;
    const bool same_labels = base_.weights.config().labels == request_.labels;
    for (const auto& [name, tensor] : base_.weights.tensors()) {
      if (name.starts_with("classifier.") && !same_labels) continue;
      if (name.starts_with("cls.") && !masked()) continue;
      tensors[name] = tensor;
    }
    return tensors;
  }

  Result<std::unique_ptr<Network>> make_network() const {
    auto network = factory_.make(how_, start_weights(), request_.seed);
    if (network || network.error().message.find("out of memory") == std::string::npos) return network;
    Error error = std::move(network).error();
    error.field = "model.base";
    return std::move(error).with_hint("free memory, start from a smaller base, or let less of it learn: train: last:2");
  }

  Result<std::unique_ptr<Material>> make_material(Network& network) {
    if (masked()) {
      const auto id = [](size_t value) { return static_cast<int32_t>(value); };
      return masked_texts(train_texts_, {base_.tokenizer.cls_id(), base_.tokenizer.sep_id(), base_.tokenizer.mask_id(), id(base_.tokenizer.size())});
    }
    const auto classes = request_.labels.size();
    if (!model_.train.frozen_encoder()) {
      std::optional<LabelledTexts> validation;
      if (validation_texts_) validation.emplace(LabelledTexts{*validation_texts_, request_.validation->labels});
      return texts_with_labels({train_texts_, request_.train.labels}, std::move(validation), how_.class_weights, classes);
    }
    TRY_ASSIGN(train_features_, features(network, train_texts_));
    std::optional<LabelledFeatures> validation;
    if (validation_texts_) {
      TRY_ASSIGN(validation_features_, features(network, *validation_texts_));
      validation.emplace(LabelledFeatures{*validation_features_, validation_texts_->lengths, request_.validation->labels});
    }
    return features_with_labels({*train_features_, train_texts_.lengths, request_.train.labels}, std::move(validation), how_.class_weights, classes);
  }

  Result<Features> features(Network& network, const TokenisedTexts& texts) const {
    FeatureOptions options;
    options.depends_on = canonical({{"base", from_.digest.str()},
                                    {"backend", settings_.backend},
                                    {"pooling", model_.pooling == Pooling::mean ? "mean" : "cls"},
                                    {"precision", to_string(how_.precision)},
                                    {"device", how_.device}});
    options.memo = request_.memo;
    options.progress = [&](double done, std::string_view what) { request_.progress(0.1 * done, what); };
    return features_of(network, texts, how_.shape.hidden, options, request_.cancel);
  }

  Status write_model(Network& network, const Training& training, const CheckpointStore& checkpoints) const {
    weights::BertConfig config = base_.weights.config();
    if (!masked()) {
      config.labels = request_.labels;
      if (model_.head_dropout) config.classifier_dropout = model_.head_dropout;
    }
    if (model_.dropout) config.hidden_dropout_prob = config.attention_probs_dropout_prob = *model_.dropout;
    TRY_ASSIGN(const Tensors tensors, network.parameters());
    TRY(weights::write_bert_folder(request_.folder, config, tensors, from_.path));
    TRY(write_file(request_.folder / "training.jsonl", training.log));
    if (!optimizer_.keep_best) return {};
    for (size_t i = 1; i < training.best.size(); ++i) {
      const auto file = checkpoints.epoch_file(training.best[i].epoch);
      TRY(make_folders(request_.folder / "checkpoints"));
      std::error_code fault;
      std::filesystem::copy_file(file, request_.folder / "checkpoints" / file.filename(), fault);
      if (fault) return io_error("copy", file.string(), fault.value());
    }
    return {};
  }

  ml::TrainReport report(const Training& training) const {
    ml::TrainReport report;
    const TrainingState& state = training.state;
    report.family = {{"precision", to_string(how_.precision)}, {"device", how_.device}, {"backend", settings_.backend}};
    report.metrics["epochs"] = static_cast<double>(state.epoch);
    report.metrics["steps"] = static_cast<double>(state.step);
    if (!state.epoch_losses.empty()) report.metrics["train_loss"] = state.epoch_losses.back();
    if (train_texts_.cut > 0) report.metrics["texts_cut"] = static_cast<double>(train_texts_.cut);
    if (state.skipped > 0) report.metrics["steps_skipped"] = static_cast<double>(state.skipped);
    report.summary = curves_of(training.log);
    if (!training.best.empty() && optimizer_.keep_best) {
      report.metrics["best_epoch"] = static_cast<double>(training.best.front().epoch);
      report.family["best_epoch"] = training.best.front().epoch;
      report.summary["best_epoch"] = training.best.front().epoch;
    }
    report.warnings = warnings(training);
    return report;
  }

  std::vector<std::string> warnings(const Training& training) const {
    std::vector<std::string> all;
    if (train_texts_.cut > 0)
      all.push_back(share_of(train_texts_.cut, train_texts_.size()) + " texts to learn from are longer than max_tokens (" + std::to_string(model_.max_tokens) +
                    ") and were cut");
    if (!masked())
      for (size_t k = 0; k < request_.labels.size(); ++k)
        if (std::count(request_.train.labels.begin(), request_.train.labels.end(), static_cast<int>(k)) == 1)
          all.push_back("label \"" + request_.labels[k] + "\" has a single row to learn from");
    if (training.state.skipped > 0)
      all.push_back(share_of(static_cast<size_t>(training.state.skipped), static_cast<size_t>(training.state.step)) +
                    " steps were skipped: their gradients were not finite");
    if (optimizer_.patience && !validation_texts_) all.push_back("early_stopping found no validation rows to look at, so every epoch was run");
    return all;
  }

  const ml::TrainRequest& request_;
  const NetworkFactory& factory_;
  const FitSettings& settings_;
  const ml::BaseModel& from_;
  Base base_;
  BertOptions model_;
  OptimizerOptions optimizer_;
  NetworkOptions how_;
  TokenisedTexts train_texts_;
  std::optional<TokenisedTexts> validation_texts_;
  std::optional<Features> train_features_, validation_features_;
};

}  // namespace

Result<ml::TrainReport> fit(const ml::TrainRequest& request, const NetworkFactory& factory, const FitSettings& settings) {
  const auto base = request.bases.find("base");
  if (base == request.bases.end()) return stage_error("model.base was not given");
  request.progress(0, "reading " + base->second.origin);
  auto opened = Base::open(base->second.path, base->second.origin);
  if (!opened) {
    Error error = std::move(opened).error();
    if (error.field.empty()) error.field = "model.base";
    if (error.hint.empty()) error.hint = "`mlopsctl model fetch hf://ORGANISATION/NAME@REVISION` downloads one; or name a stage of type bert";
    return error;
  }
  return Fit(request, factory, settings, base->second, *std::move(opened)).run();
}

}  // namespace mlopsctl::finetune
