// A BERT in Hugging Face's folder layout: config.json, model.safetensors (or its parts, or pytorch_model.bin) and the tokenizer's files.
// No tensor library here: tensors are views of bytes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/weights/bert_config.hpp"
#include "stages/weights/bert_tensors.hpp"
#include "stages/weights/tensor_files.hpp"

namespace mlopsctl::weights {

// Read-only; checked as a whole when opened: every tensor of the encoder is there with the shape that config.json asks for, all numbers
// are finite, and the vocabulary (vocab.txt, tokenizer.json, whichever is there) has vocab_size words. Nothing in the folder is executed.
// Views stay valid while this lives, also when it is moved.
class BertFolder {
 public:
  // `origin` is what messages call the folder.
  static Result<BertFolder> open(const std::filesystem::path& folder, std::string origin);

  const BertConfig& config() const { return config_; }
  // Names as BertForSequenceClassification has them: "bert.encoder.layer.0.attention.self.query.weight", "classifier.bias",
  // "cls.predictions.bias". Every tensor is F32, in row-major order, at an address divisible by 4; F16, BF16 and F64 were converted.
  const Tensors& tensors() const { return tensors_; }
  const Tensor* find(std::string_view name) const;

  bool has_pooler() const { return find("bert.pooler.dense.weight") != nullptr; }
  bool has_classifier() const { return find("classifier.weight") != nullptr; }
  bool has_mlm_head() const { return find("cls.predictions.bias") != nullptr; }  // its decoder.weight is the word embeddings where it is absent
  // Names of tensors that are no part of any model we know (a head of another task); they were not read.
  const std::vector<std::string>& ignored() const { return ignored_; }

 private:
  BertFolder() = default;
  Status take(TensorFile file, const std::string& origin, std::map<std::string, std::string, std::less<>>& files);

  BertConfig config_;
  Tensors tensors_;
  std::vector<std::string> ignored_;
  std::vector<TensorFile> files_;              // what the views point into:
  std::vector<std::vector<float>> converted_;  // the mapped files, and these
};

// Writes config.json, model.safetensors with metadata {"format": "pt"}, and copies of the tokenizer's files of `tokenizer` (a model folder;
// files that are not there are left out) into `folder`, which is made. What it writes loads with transformers' from_pretrained, as
// BertForSequenceClassification where there is a classifier, and with BertFolder::open. Names and shapes as in BertFolder::tensors();
// config.labels has as many labels as the classifier rows. Equal arguments give equal bytes.
Status write_bert_folder(const std::filesystem::path& folder, const BertConfig& config, const Tensors& tensors, const std::filesystem::path& tokenizer);

}  // namespace mlopsctl::weights
