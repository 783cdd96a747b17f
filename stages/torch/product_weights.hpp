// ProductWeights<T>: the weights that matrix products read, by the part of a layout: the f32 weights themselves, or packed copies of them.
#pragma once

#include <vector>

#include "stages/torch/buffer.hpp"
#include "stages/torch/gemm.hpp"
#include "stages/torch/layout.hpp"

namespace mlopsctl::torch_cpu {

template <typename T>
class ProductWeights {
 public:
  // References are kept. Not usable before refresh(true).
  ProductWeights(const finetune::NetworkOptions& options, const Layout& layout, const float* weights);

  // `query` stands for query, key and value, one below the other. Only where masked words are learnt there is a `word`.
  Weight<T> operator[](size_t part) const;
  // After the f32 weights changed: those that learn, or all.
  void refresh(bool all);

 private:
  struct Packed {
    size_t part;
    int64_t out, in;
    bool learns, needs_backward;
    Buffer<Bf16> forward, backward;  // unused for float
  };
  void add(size_t part, int64_t out, int64_t in, bool learns);

  const Layout& layout_;
  const float* weights_;
  std::vector<Packed> packed_;
  std::vector<size_t> place_;  // by part, in packed_
};

}  // namespace mlopsctl::torch_cpu
