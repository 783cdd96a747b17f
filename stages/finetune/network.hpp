// Network: the arithmetic of a BERT encoder with a head on it (Devlin et al. 2019, https://arxiv.org/abs/1810.04805), and of its training
// (AdamW: Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101). Plain numbers cross this interface, no tensor library's type.
//
// Implemented by the module in stages/torch/, which is opened on first use; a fake is in tests/support. What is read when, in which order,
// with which learning rate, and what is kept on disk is decided by the caller.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/weights/safetensors.hpp"

namespace mlopsctl::finetune {

// Hugging Face's config.json of a BERT, as far as arithmetic goes.
struct EncoderShape {
  int64_t vocabulary = 0, hidden = 0, layers = 0, heads = 0, intermediate = 0, positions = 0, types = 2;
  double layer_norm_epsilon = 1e-12;
  std::string activation = "gelu";  // gelu (by erf), gelu_new (by tanh), relu
};

enum class Objective {
  classify,        // a label for each text
  masked_language  // the tokens that were masked
};
enum class Pooling {
  cls,  // tanh(W h_[CLS] + b), BERT's pooler
  mean  // the mean of all tokens' last states, special tokens included
};
enum class Precision { f32, bf16 };  // of matrix products; weights, sums and the optimizer are f32 always
inline std::string_view to_string(Precision precision) { return precision == Precision::f32 ? "f32" : "bf16"; }

struct NetworkOptions {
  EncoderShape shape;
  Objective objective = Objective::classify;
  Pooling pooling = Pooling::cls;
  int64_t classes = 2;  // of Objective::classify; ignored otherwise
  double hidden_dropout = 0.1, attention_dropout = 0.1, head_dropout = 0.1;
  double label_smoothing = 0;
  std::vector<float> class_weights;  // one a class; empty: all 1
  // The parameters that learn, each with its factor on the learning rate and whether weight decay applies. Empty: a network that only scores.
  struct Learning {
    double rate = 1;
    bool decay = true;
  };
  std::map<std::string, Learning> learning;
  Precision precision = Precision::f32;
  std::string device = "cpu";  // "cpu", "cuda", "cuda:1"
  int threads = 0;             // 0: all cores
};

// Token ids of several texts, special tokens included, one text after another and nothing padded.
struct Batch {
  std::vector<int32_t> ids;
  std::vector<int32_t> starts{0};  // texts + 1 of them: text i is ids[starts[i]] .. ids[starts[i + 1]]
  std::vector<int32_t> labels;     // to learn from; classify: the class of each text; masked_language: the true token of each position
  std::vector<int32_t> positions;  // masked_language: rising indices into ids
  size_t texts() const { return starts.size() - 1; }
  size_t tokens() const { return ids.size(); }
};

// Named parameters as Hugging Face names them in BertForSequenceClassification and BertForMaskedLM: "bert.embeddings.word_embeddings.weight",
// ..., "bert.pooler.dense.weight", "classifier.weight", "cls.predictions.transform.dense.weight", ... f32.
using Tensors = std::map<std::string, weights::Tensor, std::less<>>;

struct StepOptions {
  double learning_rate = 0;
  double weight_decay = 0.01, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double clip = 0;  // largest norm of all gradients together; 0: not clipped
};

class Network {
 public:
  virtual ~Network() = default;

  // Adds the gradients of one batch to those gathered. The loss of a text (or masked position) is its weighted cross-entropy; what is
  // gathered is their sum times `share`, so that several batches make one step. Returns that product. Dropout is a function of `seed` alone.
  virtual Result<double> accumulate(const Batch& batch, double share, uint64_t seed) = 0;
  // One step of AdamW with what was gathered, which is then forgotten. Returns the norm of the gradients before clipping. When that norm
  // is not finite, nothing is changed but the gradients, which are forgotten.
  virtual Result<double> step(const StepOptions& options) = 0;

  // texts x classes, row-major, no dropout.
  virtual Result<std::vector<float>> logits(const Batch& batch) = 0;

  // A frozen encoder's work, done once: texts x hidden, row-major. The last state of [CLS] (Pooling::cls, before the pooler) or the mean.
  virtual Result<std::vector<float>> features(const Batch& batch) = 0;
  // As accumulate() and logits(), from features instead of tokens; only pooler and classifier learn.
  virtual Result<double> accumulate_features(const std::vector<float>& features, const std::vector<int32_t>& labels, double share, uint64_t seed) = 0;
  virtual Result<std::vector<float>> logits_of_features(const std::vector<float>& features) = 0;

  // All parameters. On the CPU the bytes are the network's own and change with the next step(); elsewhere they are a copy kept until the next call.
  virtual Result<Tensors> parameters() = 0;
  // The optimizer's moments, "m." and "v." before the parameter's name, and how many steps were made.
  virtual Result<Tensors> moments() = 0;
  virtual int64_t steps() const = 0;
  // Another network with the same weights (shared: none of them may learn any more), which scores on a thread of its own with `threads` cores.
  // null: this one cannot.
  virtual std::unique_ptr<Network> twin(int threads) const { return static_cast<void>(threads), nullptr; }
  // Replaces parameters (any subset) and, where `moments` is given, the optimizer's state: what follows is bit-identical to not having stopped.
  virtual Status restore(const Tensors& parameters, const Tensors* moments, int64_t steps) = 0;
};

// What the module offers. Errors name the missing library or device.
class NetworkFactory {
 public:
  virtual ~NetworkFactory() = default;
  // `weights` may lack the head (pooler, classifier, cls.predictions): it is then made as Hugging Face does, normal(0, 0.02) from `seed`, biases 0.
  virtual Result<std::unique_ptr<Network>> make(const NetworkOptions& options, const Tensors& weights, uint64_t seed) const = 0;
  // The faster precision for this shape here, by a measurement of some tens of milliseconds; f32 when in doubt.
  virtual Result<Precision> fastest(const EncoderShape& shape, const std::string& device, int threads) const = 0;
  virtual bool has_device(const std::string& device) const = 0;
  // Not every processor has products of bf16; make() refuses what does not run.
  virtual bool runs(Precision precision, const std::string& device) const = 0;
};

// Opens the module the first time. An Error says what is missing and what to do (also in a build without libtorch).
Result<const NetworkFactory*> network_factory();
// "libtorch 2.15.0", known without opening anything; "" in a build without it.
std::string_view network_backend();

}  // namespace mlopsctl::finetune
