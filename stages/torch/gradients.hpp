// What tests see of a network beside its interface.
#pragma once

#include "stages/finetune/network.hpp"

namespace mlopsctl::torch_cpu {

class NetworkWithGradients : public finetune::Network {
 public:
  // What accumulate() gathered, by parameter that learns; kept until the next call.
  virtual Result<finetune::Tensors> gradients() = 0;
};

}  // namespace mlopsctl::torch_cpu
