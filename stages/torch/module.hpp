// The one symbol of mlopsctl_torch.so, between the module and its loader.
#pragma once

#include "stages/finetune/network.hpp"

namespace mlopsctl::torch_module {

inline constexpr char kFileName[] = "mlopsctl_torch.so";
inline constexpr char kSymbol[] = "mlopsctl_torch_factory";
// MLOPSCTL_TORCH_TAG changes with the compiler and with every header that both sides see; null when the caller's is not the module's.
using FactoryFunction = const finetune::NetworkFactory* (*)(const char* tag);

}  // namespace mlopsctl::torch_module
