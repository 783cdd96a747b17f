#include "stages/torch/kernels.hpp"

namespace mlopsctl::torch_cpu {

#define MLOPSCTL_GENERATION(name)          \
  namespace name {                         \
  extern const Kernels<float> kernels_f32; \
  extern const Kernels<Bf16> kernels_bf16; \
  extern const PlainKernels plain;         \
  }
MLOPSCTL_GENERATION(x86_64_v2)
MLOPSCTL_GENERATION(x86_64_v3)
MLOPSCTL_GENERATION(x86_64_v4)

Activation activation_of(const std::string& name) { return name == "relu" ? Activation::relu : name == "gelu_new" ? Activation::gelu_new : Activation::gelu; }

namespace {
int generation() {
  __builtin_cpu_init();
  static const int found = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd")
                               ? 4
                           : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") ? 3
                                                                                                                               : 2;
  return found;
}
}  // namespace

template <>
const Kernels<float>& kernels<float>() {
  return generation() == 4 ? x86_64_v4::kernels_f32 : generation() == 3 ? x86_64_v3::kernels_f32 : x86_64_v2::kernels_f32;
}
template <>
const Kernels<Bf16>& kernels<Bf16>() {
  return generation() == 4 ? x86_64_v4::kernels_bf16 : generation() == 3 ? x86_64_v3::kernels_bf16 : x86_64_v2::kernels_bf16;
}
const PlainKernels& plain_kernels() { return generation() == 4 ? x86_64_v4::plain : generation() == 3 ? x86_64_v3::plain : x86_64_v2::plain; }

}  // namespace mlopsctl::torch_cpu
