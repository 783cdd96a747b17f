#include "stages/torch/layout.hpp"

#include <cmath>
#include <cstring>
#include <numbers>

#include "pipeline/base/random.hpp"

namespace mlopsctl::torch_cpu {
namespace {

class Builder {
 public:
  explicit Builder(Layout& layout) : layout_(layout) {}
  int layer = -1;
  bool head = false;

  // Parts follow one another without a gap unless `apart`, so that query, key and value are one matrix.
  size_t add(const std::string& name, std::vector<int64_t> shape, bool apart = true) {
    Parameter p;
    p.name = name;
    p.count = 1;
    for (const int64_t size : shape) p.count *= size;
    p.shape = std::move(shape);
    p.layer = layer;
    p.head = head;
    if (apart) layout_.floats = (layout_.floats + 15) / 16 * 16;
    p.offset = layout_.floats;
    layout_.floats += p.count;
    layout_.parameters.push_back(std::move(p));
    return layout_.parameters.size() - 1;
  }

 private:
  Layout& layout_;
};

Status check(const finetune::NetworkOptions& options) {
  const auto& s = options.shape;
  const struct {
    const char* name;
    int64_t value;
  } sizes[] = {{"vocab_size", s.vocabulary},          {"hidden_size", s.hidden},
               {"num_hidden_layers", s.layers},       {"num_attention_heads", s.heads},
               {"intermediate_size", s.intermediate}, {"max_position_embeddings", s.positions},
               {"type_vocab_size", s.types},          {"the number of classes", options.objective == finetune::Objective::classify ? options.classes : 1}};
  for (const auto& size : sizes)
    if (size.value < 1 || size.value > (int64_t{1} << 31))
      return config_error(std::string(size.name) + " of the encoder is " + std::to_string(size.value) + ", expected 1 or more");
  if (s.hidden % s.heads != 0)
    return config_error("hidden_size " + std::to_string(s.hidden) + " is no multiple of num_attention_heads " + std::to_string(s.heads));
  if (s.activation != "gelu" && s.activation != "gelu_new" && s.activation != "relu")
    return config_error("hidden_act of the encoder is \"" + s.activation + "\", expected gelu, gelu_new or relu");
  if (!options.class_weights.empty() && static_cast<int64_t>(options.class_weights.size()) != options.classes)
    return config_error(std::to_string(options.class_weights.size()) + " class weights for " + std::to_string(options.classes) + " classes");
  for (const double rate : {options.hidden_dropout, options.attention_dropout, options.head_dropout, options.label_smoothing})
    if (!(rate >= 0 && rate < 1)) return config_error("a dropout or label smoothing of " + std::to_string(rate) + ", expected 0 or more and less than 1");
  return {};
}

std::string describe(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

}  // namespace

Result<Layout> lay_out(const finetune::NetworkOptions& options) {
  TRY(check(options));
  const auto& s = options.shape;
  Layout layout;
  Builder b(layout);
  const std::string base = "bert.embeddings.";
  layout.word = b.add(base + "word_embeddings.weight", {s.vocabulary, s.hidden});
  layout.position = b.add(base + "position_embeddings.weight", {s.positions, s.hidden});
  layout.type = b.add(base + "token_type_embeddings.weight", {s.types, s.hidden});
  layout.embedding_gamma = b.add(base + "LayerNorm.weight", {s.hidden});
  layout.embedding_beta = b.add(base + "LayerNorm.bias", {s.hidden});
  for (b.layer = 0; b.layer < s.layers; ++b.layer) {
    const std::string l = "bert.encoder.layer." + std::to_string(b.layer) + ".";
    LayerParts p{};
    p.query = b.add(l + "attention.self.query.weight", {s.hidden, s.hidden});
    p.key = b.add(l + "attention.self.key.weight", {s.hidden, s.hidden}, false);
    p.value = b.add(l + "attention.self.value.weight", {s.hidden, s.hidden}, false);
    p.query_bias = b.add(l + "attention.self.query.bias", {s.hidden});
    p.key_bias = b.add(l + "attention.self.key.bias", {s.hidden}, false);
    p.value_bias = b.add(l + "attention.self.value.bias", {s.hidden}, false);
    p.out = b.add(l + "attention.output.dense.weight", {s.hidden, s.hidden});
    p.out_bias = b.add(l + "attention.output.dense.bias", {s.hidden});
    p.out_gamma = b.add(l + "attention.output.LayerNorm.weight", {s.hidden});
    p.out_beta = b.add(l + "attention.output.LayerNorm.bias", {s.hidden});
    p.up = b.add(l + "intermediate.dense.weight", {s.intermediate, s.hidden});
    p.up_bias = b.add(l + "intermediate.dense.bias", {s.intermediate});
    p.down = b.add(l + "output.dense.weight", {s.hidden, s.intermediate});
    p.down_bias = b.add(l + "output.dense.bias", {s.hidden});
    p.gamma = b.add(l + "output.LayerNorm.weight", {s.hidden});
    p.beta = b.add(l + "output.LayerNorm.bias", {s.hidden});
    layout.layers.push_back(p);
  }
  b.head = true;
  if (options.objective == finetune::Objective::classify) {
    if (options.pooling == finetune::Pooling::cls) {
      layout.pooler = b.add("bert.pooler.dense.weight", {s.hidden, s.hidden});
      layout.pooler_bias = b.add("bert.pooler.dense.bias", {s.hidden});
    }
    layout.classifier = b.add("classifier.weight", {options.classes, s.hidden});
    layout.classifier_bias = b.add("classifier.bias", {options.classes});
  } else {
    layout.transform = b.add("cls.predictions.transform.dense.weight", {s.hidden, s.hidden});
    layout.transform_bias = b.add("cls.predictions.transform.dense.bias", {s.hidden});
    layout.transform_gamma = b.add("cls.predictions.transform.LayerNorm.weight", {s.hidden});
    layout.transform_beta = b.add("cls.predictions.transform.LayerNorm.bias", {s.hidden});
    layout.decoder_bias = b.add("cls.predictions.bias", {s.vocabulary});
  }

  layout.lowest_learning = static_cast<int>(s.layers) + 1;
  for (const auto& [name, learning] : options.learning) {
    bool known = false;
    for (Parameter& p : layout.parameters) {
      if (p.name != name) continue;
      known = p.learns = true;
      p.rate = learning.rate;
      p.decay = learning.decay;
      layout.lowest_learning = std::min(layout.lowest_learning, p.layer);
    }
    if (!known) return config_error("no parameter \"" + name + "\" in this encoder");
  }
  return layout;
}

Status copy_tensor(const Parameter& parameter, const std::string& name, const weights::Tensor& tensor, float* to) {
  if (tensor.dtype != weights::Dtype::f32 || tensor.shape != parameter.shape)
    return stage_error("tensor \"" + name + "\" is " + std::string(to_string(tensor.dtype)) + " " + describe(tensor.shape) + ", expected F32 " +
                       describe(parameter.shape));
  if (tensor.bytes.size() != static_cast<size_t>(parameter.count) * sizeof(float))
    return stage_error("tensor \"" + name + "\" has " + std::to_string(tensor.bytes.size()) + " bytes, expected " +
                       std::to_string(static_cast<size_t>(parameter.count) * sizeof(float)));
  std::memcpy(to, tensor.bytes.data(), tensor.bytes.size());
  for (int64_t i = 0; i < parameter.count; ++i)
    if (!std::isfinite(to[i]))
      return stage_error("tensor \"" + name + "\" holds " + std::to_string(to[i]) + " at element " + std::to_string(i) + ", expected finite numbers");
  return {};
}

Status fill(const Layout& layout, const finetune::Tensors& given, uint64_t seed, float* weights) {
  Random random(seed);
  for (const Parameter& p : layout.parameters) {
    float* to = weights + p.offset;
    if (const auto found = given.find(p.name); found != given.end()) {
      TRY(copy_tensor(p, p.name, found->second, to));
      continue;
    }
    if (!p.head) return stage_error("no tensor \"" + p.name + "\" in the weights of the encoder");
    if (p.shape.size() == 1) {  // biases 0; LayerNorm's factors 1
      std::fill_n(to, p.count, p.name.ends_with("LayerNorm.weight") ? 1.0F : 0.0F);
      continue;
    }
    for (int64_t i = 0; i < p.count; ++i) {  // Box & Muller 1958
      const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
      to[i] = static_cast<float>(0.02 * radius * std::cos(2 * std::numbers::pi * random.uniform()));
    }
  }
  return {};
}

}  // namespace mlopsctl::torch_cpu
