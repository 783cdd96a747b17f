// The network on any device that libtorch knows, by libtorch's own operators and automatic differentiation: what runs on a GPU, and what
// the CPU's own passes are held to.
#pragma once

#include <memory>

#include "stages/torch/gradients.hpp"

namespace mlopsctl::torch_cpu {

// Whether libtorch has "cpu", "cuda", "cuda:1".
bool has_device(const std::string& device);
// `options.device` must be there.
Result<std::unique_ptr<NetworkWithGradients>> make_device_network(const finetune::NetworkOptions& options, const finetune::Tensors& weights, uint64_t seed);

// bf16 where products of this shape take less than 4/5 of their time in f32.
Result<finetune::Precision> fastest_on_device(const finetune::EncoderShape& shape, const std::string& device);

}  // namespace mlopsctl::torch_cpu
