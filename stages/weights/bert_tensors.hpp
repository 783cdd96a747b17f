// The tensors that a BERT has: their names as Hugging Face's BertForSequenceClassification and BertForMaskedLM spell them, and their shapes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/weights/bert_config.hpp"
#include "stages/weights/safetensors.hpp"

namespace mlopsctl::weights {

using Tensors = std::map<std::string, Tensor, std::less<>>;

// The name in BertForSequenceClassification's spelling: with the "bert." prefix, and weight and bias for gamma and beta. Nothing for
// buffers that hold no weight (position_ids, token_type_ids).
std::optional<std::string> bert_name(std::string_view name);

struct BertTensor {
  std::string name;
  std::vector<int64_t> shape;  // -1: the number of labels
  bool required = true;        // of the encoder
};
// Everything known: "bert.embeddings.*", "bert.encoder.layer.N.*", "bert.pooler.dense.*", "classifier.*", and the heads of pre-training,
// "cls.predictions.*" and "cls.seq_relationship.*".
std::vector<BertTensor> bert_tensors(const BertConfig& config);

// Every tensor of the encoder is there, whatever is there has its shape, heads come whole, and the classifier has as many rows as there
// are labels. Faults begin with `origin`, except that a wrong tensor is said to be in file_of(name).
Status check_bert_tensors(const BertConfig& config, const Tensors& tensors, const std::string& origin,
                          const std::function<std::string(std::string_view)>& file_of);

}  // namespace mlopsctl::weights
