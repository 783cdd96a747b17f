#include "stages/finetune/classifier.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "stages/finetune/base.hpp"
#include "stages/finetune/material.hpp"
#include "stages/finetune/options.hpp"

namespace mlopsctl::finetune {
namespace {

constexpr size_t texts_in_window = 8192;
constexpr int64_t tokens_in_batch = 4096;
constexpr size_t tokens_worth_all_cores = 256;

// Networks with the same weights: one that has all cores, and for several threads at once some that have one each.
class Networks {
 public:
  explicit Networks(std::unique_ptr<Network> all_cores) : all_cores_(std::move(all_cores)) {}

  void share(int threads) {
    while (static_cast<int>(single_.size()) < threads) {
      auto twin = all_cores_->twin(1);
      if (twin == nullptr) return;
      free_.push_back(twin.get());
      single_.push_back(std::move(twin));
    }
  }

  // Waits until one is free. Many threads on few tokens cost more time than they save: where there are others, all cores are only for a text that
  // is long and alone.
  Network* take(bool long_and_alone) {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [&] { return taken_ == 0 || !free_.empty(); });
    if (taken_++ == 0 && (long_and_alone || free_.empty())) return all_cores_.get();
    Network* network = free_.back();
    free_.pop_back();
    return network;
  }
  void give_back(Network* network) {
    {
      const std::lock_guard lock(mutex_);
      --taken_;
      if (network != all_cores_.get()) free_.push_back(network);
    }
    returned_.notify_one();
  }

 private:
  std::unique_ptr<Network> all_cores_;
  std::vector<std::unique_ptr<Network>> single_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<Network*> free_;  // of single_
  size_t taken_ = 0;            // 0: all_cores_ is free, too
};

class BertClassifier final : public ml::Classifier {
 public:
  BertClassifier(text::WordPiece tokenizer, std::unique_ptr<Network> network, TokenLimit limit, size_t labels, int64_t hidden)
      : tokenizer_(std::move(tokenizer)), networks_(std::move(network)), limit_(limit), labels_(labels), hidden_(hidden) {}

  size_t tokens(std::string_view text) const override {
    const auto most = static_cast<size_t>(limit_.max_tokens);
    if (text.size() > most * 16) return most;
    std::vector<int32_t> ids;
    tokenizer_.encode_input(text, most, text::Truncation::head, ids);
    return ids.size();
  }
  Status share(int threads) override { return networks_.share(threads), Status(); }

  ml::ScoreKind score_kind() const override { return ml::ScoreKind::log_probability; }

  Result<std::vector<double>> scores(std::span<const std::string_view> texts, const CancelToken& cancel, std::vector<float>* unknown) const override {
    std::vector<double> all;
    all.reserve(texts.size() * labels_);
    if (unknown != nullptr) unknown->clear();
    for (size_t begin = 0; begin < texts.size(); begin += texts_in_window) {
      const auto window = texts.subspan(begin, std::min(texts_in_window, texts.size() - begin));
      TRY_ASSIGN(const TokenisedTexts tokens, tokenise(window, tokenizer_, limit_, cancel));
      if (unknown != nullptr) add_unknown(tokens, *unknown);
      Network* network = networks_.take(tokens.size() == 1 && tokens.ids.size() >= tokens_worth_all_cores);
      const auto found = logits_of(*network, tokens, labels_, tokens_in_batch, cancel);
      networks_.give_back(network);
      TRY_ASSIGN(const auto& logits, found);
      all.insert(all.end(), logits.begin(), logits.end());
    }
    return all;
  }

  Result<std::vector<float>> embeddings(std::span<const std::string_view> texts, const CancelToken& cancel) const override {
    TRY_ASSIGN(const TokenisedTexts tokens, tokenise(texts, tokenizer_, limit_, cancel));
    Network* network = networks_.take(false);
    auto found = features_of(*network, tokens, hidden_, {}, cancel);
    networks_.give_back(network);
    TRY_ASSIGN(const Features features, std::move(found));
    std::vector<float> all;
    for (size_t i = 0; i < features.size(); ++i) all.insert(all.end(), features.of(i).begin(), features.of(i).end());
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
  mutable Networks networks_;  // none of them is thread-safe
  TokenLimit limit_;
  size_t labels_;
  int64_t hidden_;
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
  // What learnt on a GPU scores without one, and what learnt in bf16 on a processor that has none.
  TRY_ASSIGN(how.device, device_for(options.device == "cpu" ? "cpu" : "auto", factory));
  if (options.precision && factory.runs(*options.precision, how.device)) how.precision = *options.precision;
  else { TRY_ASSIGN(how.precision, factory.fastest(how.shape, how.device, 0)); }
  TRY_ASSIGN(auto network, factory.make(how, base.weights.tensors(), 0));
  return std::unique_ptr<ml::Classifier>(std::make_unique<BertClassifier>(std::move(base.tokenizer), std::move(network),
                                                                          TokenLimit{options.max_tokens, options.truncation}, labels.size(), how.shape.hidden));
}

}  // namespace mlopsctl::finetune
