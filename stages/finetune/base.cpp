#include "stages/finetune/base.hpp"

namespace mlopsctl::finetune {

Result<Base> Base::open(const std::filesystem::path& folder, const std::string& origin) {
  TRY_ASSIGN(auto weights, weights::BertFolder::open(folder, origin));
  TRY_ASSIGN(auto tokenizer, text::WordPiece::load(folder, origin));
  return Base{std::move(weights), std::move(tokenizer)};
}

EncoderShape Base::shape() const {
  const weights::BertConfig& config = weights.config();
  EncoderShape shape;
  shape.vocabulary = config.vocab_size;
  shape.hidden = config.hidden_size;
  shape.layers = config.num_hidden_layers;
  shape.heads = config.num_attention_heads;
  shape.intermediate = config.intermediate_size;
  shape.positions = config.max_position_embeddings;
  shape.types = config.type_vocab_size;
  shape.layer_norm_epsilon = config.layer_norm_eps;
  shape.activation = config.hidden_act == "gelu_pytorch_tanh" ? "gelu_new" : config.hidden_act;  // two names of one function
  return shape;
}

Result<std::string> device_for(const std::string& wanted, const NetworkFactory& factory) {
  if (wanted == "cpu") return wanted;
  if (factory.has_device("cuda")) return std::string("cuda");
  if (wanted == "auto") return std::string("cpu");
  return stage_error("there is no " + wanted + " device here").with_hint("write device: auto, or run where there is a GPU and a libtorch built for it");
}

}  // namespace mlopsctl::finetune
