// What the module offers: networks on the CPU, and on a GPU where libtorch was built for one.
#pragma once

#include "stages/finetune/network.hpp"

namespace mlopsctl::torch_cpu {

class Factory final : public finetune::NetworkFactory {
 public:
  Result<std::unique_ptr<finetune::Network>> make(const finetune::NetworkOptions& options, const finetune::Tensors& weights, uint64_t seed) const override;
  Result<finetune::Precision> fastest(const finetune::EncoderShape& shape, const std::string& device, int threads) const override;
  bool has_device(const std::string& device) const override;
  bool runs(finetune::Precision precision, const std::string& device) const override;
};

}  // namespace mlopsctl::torch_cpu
