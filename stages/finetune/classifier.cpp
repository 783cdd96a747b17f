#include "stages/finetune/classifier.hpp"

#include <algorithm>
#include <mutex>

#include "stages/finetune/base.hpp"
#include "stages/finetune/material.hpp"
#include "stages/finetune/options.hpp"

namespace mlopsctl::finetune {
namespace {

constexpr size_t texts_in_window = 8192;
constexpr int64_t tokens_in_batch = 4096;

class BertClassifier final : public ml::Classifier {
 public:
  BertClassifier(text::WordPiece tokenizer, std::unique_ptr<Network> network, TokenLimit limit, size_t labels)
      : tokenizer_(std::move(tokenizer)), network_(std::move(network)), limit_(limit), labels_(labels) {}

  ml::ScoreKind score_kind() const override { return ml::ScoreKind::log_probability; }

  Result<std::vector<double>> scores(std::span<const std::string_view> texts, const CancelToken& cancel, std::vector<float>* unknown) const override {
    std::vector<double> all;
    all.reserve(texts.size() * labels_);
    if (unknown != nullptr) unknown->clear();
    for (size_t begin = 0; begin < texts.size(); begin += texts_in_window) {
      const auto window = texts.subspan(begin, std::min(texts_in_window, texts.size() - begin));
      TRY_ASSIGN(const TokenisedTexts tokens, tokenise(window, tokenizer_, limit_, cancel));
      if (unknown != nullptr) add_unknown(tokens, *unknown);
      const std::lock_guard guard(one_at_a_time_);
      TRY_ASSIGN(const auto logits, logits_of(*network_, tokens, labels_, tokens_in_batch, cancel));
      all.insert(all.end(), logits.begin(), logits.end());
    }
    return all;
  }

 private:
  void add_unknown(const TokenisedTexts& tokens, std::vector<float>& unknown) const {
    for (size_t i = 0; i < tokens.size(); ++i) {
      const auto ids = tokens.text(i);
      const auto count = static_cast<float>(std::count(ids.begin(), ids.end(), tokenizer_.unk_id()));
      unknown.push_back(count / static_cast<float>(std::max<size_t>(1, ids.size() - std::min<size_t>(2, ids.size()))));  // [CLS] and [SEP] say nothing
    }
  }

  text::WordPiece tokenizer_;
  std::unique_ptr<Network> network_;
  TokenLimit limit_;
  size_t labels_;
  mutable std::mutex one_at_a_time_;  // a network is not thread-safe, and uses all cores itself
};

}  // namespace

Result<std::unique_ptr<ml::Classifier>> load_classifier(const std::filesystem::path& folder, const Json& model_json, const NetworkFactory& factory) {
  const BertOptions options = bert_options(model_json["params"]);
  const auto labels = model_json["labels"].get<std::vector<std::string>>();
  TRY_ASSIGN(Base base, Base::open(folder, "the model"));
  const auto classes = static_cast<int64_t>(labels.size());
  const weights::Tensor* head = base.weights.find("classifier.weight");
  if (head == nullptr) return stage_error("model.safetensors: classifier.weight is missing");
  if (head->shape.front() != classes)
    return stage_error("model.safetensors: classifier.weight has " + std::to_string(head->shape.front()) + " rows, model.json has " + std::to_string(classes) +
                       " labels");
  NetworkOptions how;
  how.shape = base.shape();
  how.pooling = options.pooling;
  how.classes = classes;
  TRY_ASSIGN(how.device, device_for(options.device == "cpu" ? "cpu" : "auto", factory));  // what learnt on a GPU scores without one
  if (options.precision) how.precision = *options.precision;
  else { TRY_ASSIGN(how.precision, factory.fastest(how.shape, how.device, 0)); }
  TRY_ASSIGN(auto network, factory.make(how, base.weights.tensors(), 0));
  return std::unique_ptr<ml::Classifier>(
      std::make_unique<BertClassifier>(std::move(base.tokenizer), std::move(network), TokenLimit{options.max_tokens, options.truncation}, labels.size()));
}

}  // namespace mlopsctl::finetune
