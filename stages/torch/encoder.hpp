// Encoder<T>: the stack of a BERT over packed tokens, forwards and back. No padding: every row of every matrix is a token.
//
// Buffers are kept between calls. What the way back needs is kept for the layers that learn only; layers below share one set.
#pragma once

#include <functional>
#include <vector>

#include "stages/torch/buffer.hpp"
#include "stages/torch/kernels.hpp"
#include "stages/torch/layout.hpp"
#include "stages/torch/product_weights.hpp"

namespace mlopsctl::torch_cpu {

// What a forward pass goes over.
struct Pass {
  const finetune::Batch& batch;
  bool training = false;
  uint64_t seed = 0;
  std::vector<int32_t> needed;      // the tokens whose last state is asked for, rising; empty: all
  std::vector<int32_t> needed_end;  // by text: where its part of `needed` ends
  bool all() const { return needed.empty(); }
  int64_t rows() const { return static_cast<int64_t>(all() ? batch.tokens() : needed.size()); }
};

template <typename T>
class Encoder {
 public:
  Encoder(const finetune::NetworkOptions& options, const Layout& layout, const float* weights, const ProductWeights<T>& products)
      : options_(options), layout_(layout), weights_(weights), products_(products), saves_(static_cast<size_t>(options.shape.layers) + 1) {}

  // Last states of the tokens asked for: rows x hidden. For Bf16, states_t() holds them as such too. Room as products want it.
  const float* forward(const Pass& pass);
  const T* states_t();
  // From the gradient of those (overwritten) to the parameters', added to `gradients`, which is indexed like the weights from layout[first].
  void backward(const Pass& pass, float* gradient, float* gradients);

 private:
  struct Save {
    Buffer<T> input, context, middle, up;  // middle: after the first LayerNorm; up: before the activation
    Buffer<float> qkv, log_sums, first_sum, first_mean, first_rstd, second_sum, second_mean, second_rstd;
  };
  Save& save(const Pass& pass, int layer) { return pass.training && layer >= layout_.lowest_learning ? saves_[static_cast<size_t>(layer)] : shared_; }
  const float* at(size_t part) const { return weights_ + layout_[part].offset; }
  NormInputs norm_inputs(int64_t rows, size_t gamma, size_t beta) const;
  void attend(const Pass& pass, const LayerParts& parts, Save& save, Dropout dropout, bool last, const float* dcontext, T* dqkv);
  void layer_forward(const Pass& pass, int layer);
  void layer_backward(const Pass& pass, int layer, float* gradients);
  void embed(const Pass& pass);
  void embed_backward(const Pass& pass, float* gradients);

  const finetune::NetworkOptions& options_;
  const Layout& layout_;
  const float* weights_;
  const ProductWeights<T>& products_;
  std::vector<Save> saves_;
  Save shared_;
  Buffer<float> embedding_sum_, embedding_mean_, embedding_rstd_;
  Buffer<float> stream_, middle_, gathered_, wide_, gradient_, next_gradient_, scratch_;
  Buffer<T> active_, dproduct_, dwide_;
  std::vector<int32_t> places_;
};

// Places where dropout happens, numbered within a layer.
enum class Site { embeddings, probabilities, attention_output, output, head };
Dropout dropout_at(uint64_t seed, int layer, Site site, double rate);

// Calls work(begin, end, sums) for blocks of rows on all threads; `sums` of the blocks, `columns` wide and zero at first, are then added to
// `to` block by block, so that the result does not depend on the number of threads.
void for_rows(int64_t rows, const std::function<void(int64_t, int64_t)>& work);
void sum_rows(int64_t rows, int64_t columns, const std::function<void(int64_t, int64_t, float*)>& work, float* to);

}  // namespace mlopsctl::torch_cpu
