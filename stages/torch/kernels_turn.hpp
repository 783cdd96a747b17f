// 16 x 16 numbers of 32 bits turned, in registers.
#pragma once

#include "stages/torch/kernels_arithmetic.hpp"

namespace mlopsctl::torch_cpu::MLOPSCTL_GENERATION {
namespace {

typedef uint32_t Pairs __attribute__((vector_size(64), aligned(4), may_alias));

// Four rounds of exchanges between rows whose numbers differ in one bit.
template <int step>
inline void exchange(Pairs* rows) {
#define MLOPSCTL_LOW(lane) (((lane)&step) != 0 ? 16 + (lane)-step : (lane))
#define MLOPSCTL_HIGH(lane) (((lane)&step) != 0 ? 16 + (lane) : (lane) + step)
#define MLOPSCTL_LANES(pick) \
  pick(0), pick(1), pick(2), pick(3), pick(4), pick(5), pick(6), pick(7), pick(8), pick(9), pick(10), pick(11), pick(12), pick(13), pick(14), pick(15)
  for (int row = 0; row < 16; ++row) {
    if ((row & step) != 0) continue;
    const Pairs a = rows[row], b = rows[row + step];
    rows[row] = __builtin_shufflevector(a, b, MLOPSCTL_LANES(MLOPSCTL_LOW));
    rows[row + step] = __builtin_shufflevector(a, b, MLOPSCTL_LANES(MLOPSCTL_HIGH));
  }
#undef MLOPSCTL_LANES
#undef MLOPSCTL_HIGH
#undef MLOPSCTL_LOW
}
inline void turn(Pairs* rows) {
  exchange<1>(rows);
  exchange<2>(rows);
  exchange<4>(rows);
  exchange<8>(rows);
}

}  // namespace
}  // namespace mlopsctl::torch_cpu::MLOPSCTL_GENERATION
