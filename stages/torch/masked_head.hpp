// The masked-language head: dense, activation, LayerNorm, then the word embeddings as decoder. A slice of the masked tokens at a time,
// for each has a score for every word.
#pragma once

#include "stages/torch/buffer.hpp"
#include "stages/torch/encoder.hpp"
#include "stages/torch/loss.hpp"

namespace mlopsctl::torch_cpu {

template <typename T>
class MaskedHead {
 public:
  MaskedHead(const finetune::NetworkOptions& options, const Layout& layout, const float* weights, const ProductWeights<T>& products)
      : options_(options), layout_(layout), weights_(weights), products_(products) {}

  // Share * loss of the tokens whose last states are given (room as products want it, like dstates); adds to `gradients` and writes the states' gradient.
  double learn(int64_t rows, const T* states, const int32_t* labels, double share, float* gradients, float* dstates);

 private:
  const finetune::NetworkOptions& options_;
  const Layout& layout_;
  const float* weights_;
  const ProductWeights<T>& products_;
  Buffer<float> hidden_, normed_, mean_, rstd_, scores_, dnormed_, dhidden_;
  Buffer<T> kept_, active_, normed_t_, dscores_, dkept_;
};

}  // namespace mlopsctl::torch_cpu
