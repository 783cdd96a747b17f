// The network on a CPU: its own forward and backward passes over packed tokens, with libtorch for matrix products.
#pragma once

#include <memory>

#include "stages/torch/gradients.hpp"

namespace mlopsctl::torch_cpu {

Result<std::unique_ptr<NetworkWithGradients>> make_cpu_network(const finetune::NetworkOptions& options, const finetune::Tensors& weights, uint64_t seed);

}  // namespace mlopsctl::torch_cpu
