// Layout: which parameters a network has, under Hugging Face's names, and where each lies in one array of floats.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stages/finetune/network.hpp"

namespace mlopsctl::torch_cpu {

struct Parameter {
  std::string name;
  std::vector<int64_t> shape;
  int64_t offset = 0, count = 0;
  int layer = 0;      // -1: embeddings; number of layers: the head
  bool head = false;  // may be missing in the weights given
  bool learns = false;
  double rate = 1;
  bool decay = true;
};

// Index into Layout::parameters of each part.
struct LayerParts {
  size_t query, key, value, query_bias, key_bias, value_bias, out, out_bias, out_gamma, out_beta, up, up_bias, down, down_bias, gamma, beta;
};
struct Layout {
  std::vector<Parameter> parameters;
  int64_t floats = 0;
  size_t word, position, type, embedding_gamma, embedding_beta;
  std::vector<LayerParts> layers;
  size_t pooler = 0, pooler_bias = 0, classifier = 0, classifier_bias = 0;                              // Objective::classify
  size_t transform = 0, transform_bias = 0, transform_gamma = 0, transform_beta = 0, decoder_bias = 0;  // Objective::masked_language
  int lowest_learning = 0;  // the lowest layer that learns; number of layers: the head alone; one more: nothing

  const Parameter& operator[](size_t index) const { return parameters[index]; }
  bool learns(size_t index) const { return parameters[index].learns; }
};

// Checks the options; an Error names the option or the parameter that does not exist.
Result<Layout> lay_out(const finetune::NetworkOptions& options);

// Copies `given` to where `layout` wants it. A missing tensor is an error unless it belongs to the head, which is then made at random.
Status fill(const Layout& layout, const finetune::Tensors& given, uint64_t seed, float* weights);
// One tensor, checked for type, shape and values that are no numbers.
Status copy_tensor(const Parameter& parameter, const std::string& name, const weights::Tensor& tensor, float* to);

}  // namespace mlopsctl::torch_cpu
