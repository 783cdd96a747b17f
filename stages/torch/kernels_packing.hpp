// Matrices of Bf16 in the orders that products want: pairs of rows interleaved, and turned. Pairs travel as one number of 32 bits.
#pragma once

#include "stages/torch/kernels_turn.hpp"

namespace mlopsctl::torch_cpu::MLOPSCTL_GENERATION {
namespace {

inline uint32_t pair(Bf16 low, Bf16 high) { return static_cast<uint32_t>(low.bits) | static_cast<uint32_t>(high.bits) << 16; }
inline uint32_t pair(float low, float high) {
  Bf16 a, b;
  store(low, a);
  store(high, b);
  return pair(a, b);
}

// to[k / 2][n] = from[k][n], from[k + 1][n]; `depth` rows of which those past `rows` are zero; `width` columns of which those past `columns` are.
template <typename From>
void pack_pairs(int64_t rows, int64_t columns, const From* from, int64_t stride, int64_t depth, int64_t width, Bf16* packed) {
  auto* to = reinterpret_cast<uint32_t*>(packed);
  for (int64_t k = 0; k < depth; k += 2, to += width) {
    const From *low = from + k * stride, *high = low + stride;
    int64_t n = 0;
    if (k + 1 < rows) {
#pragma omp simd
      for (int64_t i = 0; i < columns; ++i) to[i] = pair(low[i], high[i]);
      n = columns;
    } else if (k < rows) {
#pragma omp simd
      for (int64_t i = 0; i < columns; ++i) to[i] = pair(low[i], From{});
      n = columns;
    }
    for (; n < width; ++n) to[n] = 0;
  }
}

// to[k / 2][n] = from[n][k], from[n][k + 1]: the same for the transpose; from is `columns` x `rows` here.
void pack_pairs_turned(int64_t rows, int64_t columns, const float* from, int64_t stride, int64_t depth, int64_t width, Bf16* packed) {
  auto* to = reinterpret_cast<uint32_t*>(packed);
  for (int64_t k = 0; k < depth / 2; k += 16)
    for (int64_t n = 0; n < width; n += 16) {
      Pairs block[16];
      for (int64_t i = 0; i < 16; ++i) {
        const float* row = from + (n + i) * stride + 2 * k;
        if (n + i >= columns) block[i] = Pairs{};
        else if (2 * k + 32 <= rows)
          for (int64_t j = 0; j < 16; ++j) block[i][j] = pair(row[2 * j], row[2 * j + 1]);
        else
          for (int64_t j = 0; j < 16; ++j) block[i][j] = pair(2 * (k + j) < rows ? row[2 * j] : 0.0F, 2 * (k + j) + 1 < rows ? row[2 * j + 1] : 0.0F);
      }
      turn(block);
      for (int64_t j = 0; j < 16 && k + j < depth / 2; ++j) *reinterpret_cast<Pairs*>(to + (k + j) * width + n) = block[j];
    }
}

// to[n][k] = from[k][n]; each row of `to` has `depth` numbers, a multiple of 32, of which those past `rows` are zero.
void turn_rows(int64_t rows, int64_t columns, const Bf16* from, int64_t stride, int64_t depth, Bf16* to, int64_t to_stride) {
  for (int64_t k = 0; k < depth; k += 32)
    for (int64_t n = 0; n < columns; n += 16) {
      const int64_t wide = columns - n < 16 ? columns - n : 16;
      Pairs block[16];
      for (int64_t i = 0; i < 16; ++i) {
        const int64_t row = k + 2 * i;
        const Bf16 *low = from + row * stride + n, *high = low + stride;
        block[i] = Pairs{};
        if (row + 1 < rows && wide == 16)
          for (int64_t j = 0; j < 16; ++j) block[i][j] = pair(low[j], high[j]);
        else if (row < rows)
          for (int64_t j = 0; j < wide; ++j) block[i][j] = pair(low[j], row + 1 < rows ? high[j] : Bf16{0});
      }
      turn(block);
      for (int64_t j = 0; j < wide; ++j) *reinterpret_cast<Pairs*>(to + (n + j) * to_stride + k) = block[j];
    }
}

}  // namespace
}  // namespace mlopsctl::torch_cpu::MLOPSCTL_GENERATION
