// A BERT's forward pass in libtorch's operators; automatic differentiation goes back.
#pragma once

#include <ATen/core/Tensor.h>

#include "stages/torch/layout.hpp"

namespace mlopsctl::torch_cpu {

class DeviceEncoder {
 public:
  // References are kept; `parameters` by the layout's index, on `device`.
  DeviceEncoder(const finetune::NetworkOptions& options, const Layout& layout, const std::vector<at::Tensor>& parameters, at::Device device)
      : options_(options), layout_(layout), parameters_(parameters), device_(device) {}

  // texts x longest x hidden; with `training`, by the device's random numbers as they stand.
  at::Tensor states(const finetune::Batch& batch, bool training) const;
  // texts x hidden: [CLS] or the mean.
  at::Tensor features(const finetune::Batch& batch, bool training) const;
  at::Tensor logits(const at::Tensor& features, bool training) const;
  // masked tokens x words
  at::Tensor words(const finetune::Batch& batch, bool training) const;

 private:
  const at::Tensor& at(size_t part) const { return parameters_[part]; }
  at::Tensor product(const at::Tensor& x, size_t weight, size_t bias) const;  // in the precision asked for; f32 again
  at::Tensor normed(const at::Tensor& x, size_t gamma, size_t beta) const;
  at::Tensor activated(const at::Tensor& x) const;
  at::Tensor attended(const at::Tensor& x, const LayerParts& parts, const at::Tensor& mask, bool training) const;
  at::Tensor on_device(const std::vector<int64_t>& values) const;

  const finetune::NetworkOptions& options_;
  const Layout& layout_;
  const std::vector<at::Tensor>& parameters_;
  at::Device device_;
};

}  // namespace mlopsctl::torch_cpu
