#include "stages/torch/module.hpp"

#include <cstring>

#include "stages/torch/factory.hpp"

extern "C" __attribute__((visibility("default"))) const mlopsctl::finetune::NetworkFactory* mlopsctl_torch_factory(const char* tag) {
  static const mlopsctl::torch_cpu::Factory factory;
  return std::strcmp(tag, MLOPSCTL_TORCH_TAG) == 0 ? &factory : nullptr;
}
