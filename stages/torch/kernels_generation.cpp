// Compiled once for each generation of processors, with MLOPSCTL_GENERATION as the namespace and the matching -march.
#include "stages/torch/kernels_attention.hpp"
#include "stages/torch/kernels_packing.hpp"
#include "stages/torch/kernels_rows.hpp"

namespace mlopsctl::torch_cpu::MLOPSCTL_GENERATION {

template <typename T>
constexpr Kernels<T> table() {
  return {embed, norm<T>, norm_back<T>, activate<T>, activate_back<T>, attend<T>, attend_back<T>, add_columns<T>, convert<T>};
}
extern const Kernels<float> kernels_f32;
extern const Kernels<Bf16> kernels_bf16;
extern const PlainKernels plain;
const Kernels<float> kernels_f32 = table<float>();
const Kernels<Bf16> kernels_bf16 = table<Bf16>();
const PlainKernels plain = {adamw, scale, square_sum, drop, pack_pairs<Bf16>, pack_pairs<float>, pack_pairs_turned, turn_rows};

}  // namespace mlopsctl::torch_cpu::MLOPSCTL_GENERATION
