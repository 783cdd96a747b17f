// The config.json of a BERT in Hugging Face's layout (transformers, BertConfig): read strictly, written back so that transformers loads it.
//
// Refused, because it would be another model than the one we run: a model_type other than bert, a decoder, relative positions, pruned
// heads, quantised weights, an activation that is not listed, sizes that do not fit together.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::weights {

// Names are those of config.json; defaults are BertConfig's. The sizes have none: a config.json must give them.
struct BertConfig {
  int64_t vocab_size = 0;   // rows of the word embeddings; at least as many as the vocabulary has words
  int64_t hidden_size = 0;  // a multiple of num_attention_heads
  int64_t num_hidden_layers = 0;
  int64_t num_attention_heads = 0;
  int64_t intermediate_size = 0;
  int64_t max_position_embeddings = 0;  // the longest input in tokens, [CLS] and [SEP] included
  int64_t type_vocab_size = 2;
  double layer_norm_eps = 1e-12;
  double hidden_dropout_prob = 0.1;
  double attention_probs_dropout_prob = 0.1;
  std::optional<double> classifier_dropout;  // none: hidden_dropout_prob
  double initializer_range = 0.02;
  std::string hidden_act = "gelu";  // gelu, gelu_new, gelu_pytorch_tanh, relu or silu
  int64_t pad_token_id = 0;
  std::vector<std::string> labels;  // id2label in the order of the ids; empty when the file has none

  bool operator==(const BertConfig&) const = default;
};

// `origin` is what messages call the file.
Result<BertConfig> parse_bert_config(std::string_view text, const std::string& origin);
Result<BertConfig> read_bert_config(const std::filesystem::path& path, const std::string& origin);

// Without "architectures", which depends on the tensors beside it.
Json to_json(const BertConfig& config);

}  // namespace mlopsctl::weights
