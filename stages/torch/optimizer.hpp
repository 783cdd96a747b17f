// Optimizer: the gradients gathered so far, and AdamW (Loshchilov & Hutter 2019) over the weights of a layout. Deterministic, whatever the
// number of threads.
//
// Rows of the word embeddings that never had a gradient cost nothing but their decay: their moments are zero, and so is what AdamW adds.
#pragma once

#include <vector>

#include "stages/torch/buffer.hpp"
#include "stages/torch/layout.hpp"

namespace mlopsctl::torch_cpu {

class Optimizer {
 public:
  // Keeps `layout` and `weights`; holds memory from the lowest layer that learns upwards.
  Optimizer(const Layout& layout, float* weights);

  bool learns() const { return layout_.lowest_learning <= static_cast<int>(layout_.layers.size()); }
  float* gradients() { return gradients_.get() - first_; }  // indexed like the weights
  // Rows of the word embeddings that now have a gradient; all: every row.
  void touch(const std::vector<int32_t>& rows);
  void touch_all();

  // Returns the norm before clipping; changes nothing where that is not finite. Forgets the gradients either way.
  double step(const finetune::StepOptions& options);
  int64_t steps() const { return steps_; }

  finetune::Tensors gradients_by_name() const { return named("", gradients_); }
  finetune::Tensors moments() const;
  // Forgets the gradients; takes the moments ("m." and "v." before a name) and steps where there are some.
  Status restore(const finetune::Tensors* moments, int64_t steps);

 private:
  finetune::Tensors named(const std::string& prefix, const Buffer<float>& values) const;
  double norm() const;
  bool sparse(const Parameter& parameter) const { return &parameter == &layout_[layout_.word]; }
  void step_rows(const Parameter& parameter, const struct AdamW& options);
  void forget();

  const Layout& layout_;
  float* weights_;
  int64_t first_ = 0;  // floats before the first parameter that has a gradient
  int64_t steps_ = 0;
  Buffer<float> gradients_, m_, v_;
  std::vector<uint8_t> touched_;  // by row of the word embeddings
};

}  // namespace mlopsctl::torch_cpu
