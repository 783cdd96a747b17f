// Matrix products through libtorch. Row-major; sums in f32 always. Uses at::get_num_threads() threads.
#pragma once

#include <cstdint>

#include "stages/torch/kernels.hpp"

namespace mlopsctl::torch_cpu {

// Whether products of Bf16 have a kernel of their own on this processor.
bool has_bf16();
// Whether they run at all, by trying one.
bool runs_bf16();

// A weight, out x in, as products read it. For Bf16: converted and packed, one form each way; see pack().
template <typename T>
struct Weight;
template <>
struct Weight<float> {
  int64_t out, in;
  const float* data;
};
template <>
struct Weight<Bf16> {
  int64_t out, in;
  const Bf16 *forward, *backward;
};
// How many Bf16 a packed form holds, and making them. `backward` may be null.
int64_t packed_size(int64_t depth, int64_t width);
void pack(int64_t out, int64_t in, const float* weight, Bf16* forward, Bf16* backward);

// Products of Bf16 work on whole blocks of rows: x, y, dx and dy must have room for padded_rows(rows), whatever stands there.
constexpr int64_t padded_rows(int64_t rows) { return (rows + 31) / 32 * 32; }

// y (rows x out) = x (rows x in) W^T
void apply(const Weight<float>& weight, int64_t rows, const float* x, float* y);
void apply(const Weight<Bf16>& weight, int64_t rows, const Bf16* x, float* y);
// dx (rows x in) = or += dy (rows x out) W
void apply_back(const Weight<float>& weight, int64_t rows, const float* dy, float* dx, bool add);
void apply_back(const Weight<Bf16>& weight, int64_t rows, const Bf16* dy, float* dx, bool add);
// dw (out x in) += dy^T x
void add_gradient(int64_t rows, int64_t out, const float* dy, int64_t in, const float* x, float* dw);
void add_gradient(int64_t rows, int64_t out, const Bf16* dy, int64_t in, const Bf16* x, float* dw);

}  // namespace mlopsctl::torch_cpu
