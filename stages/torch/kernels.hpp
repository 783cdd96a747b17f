// The arithmetic between matrix products, fused into one pass over memory each. Plain loops, compiled once for each generation of
// x86-64 and chosen when first used. Single-threaded, on whole rows, row-major; the caller splits rows among threads.
//
// T is what the matrix products read: float, or Bf16 with f32 beside it where a sum goes on (residuals, gradients of states).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mlopsctl::torch_cpu {

struct Bf16 {
  uint16_t bits;
};

enum class Activation { gelu, gelu_new, relu };
Activation activation_of(const std::string& name);  // as config.json names them; gelu where it is another name

// Element i is dropped when a hash of (key, i) is under `threshold` of 2^32; what stays is scaled. threshold 0: nothing is dropped.
struct Dropout {
  uint64_t key = 0;
  uint32_t threshold = 0;
  float scale = 1;
};

struct NormInputs {
  int64_t rows, width;
  const float* gamma;
  const float* beta;
  float epsilon;
};

// One text's attention: `keys` tokens, of which `queries` (indices into the text, rising) ask. qkv is tokens x 3 width.
struct AttentionShape {
  int64_t keys, queries;
  const int32_t* query;  // null: all
  int64_t heads, head_size;
  uint32_t first_token;  // where the text stands in the batch: numbers the elements for dropout
  uint32_t positions;
};

template <typename T>
struct Kernels {
  // sum[row] = word[id] + position[place] + type[0]
  void (*embed)(int64_t rows, int64_t width, const int32_t* ids, const int32_t* places, const float* word, const float* position, const float* type,
                float* sum);
  // sum = dropout(sum + bias) + residual (bias null: sum as it is); then out = dropout_after(LayerNorm(sum)) as f32 and, for Bf16, as T too.
  void (*norm)(const NormInputs& in, float* sum, const float* bias, Dropout dropout, int64_t first_row, const float* residual, Dropout dropout_after,
               float* out, T* out_t, float* mean, float* rstd);
  // The way back: gradient (of out) -> dsum, and dproduct = dropout of it for the matrix products; adds to dgamma, dbeta and dbias.
  // dproduct and dbias may be null.
  void (*norm_back)(const NormInputs& in, const float* sum, Dropout dropout, int64_t first_row, Dropout dropout_after, const float* gradient, const float* mean,
                    const float* rstd, float* dsum, T* dproduct, float* dgamma, float* dbeta, float* dbias);
  // kept = u + bias, out = activation(kept)
  void (*activate)(int64_t rows, int64_t width, Activation activation, const float* u, const float* bias, T* kept, T* out);
  // gradient (of out) -> du; adds to dbias; out is made again from kept.
  void (*activate_back)(int64_t rows, int64_t width, Activation activation, const float* gradient, const T* kept, T* out, T* du, float* dbias);
  // qkv (without bias) -> context, queries x width; log_sums is queries x heads. `scratch` holds scratch_floats(keys, head_size).
  void (*attend)(const AttentionShape& shape, int64_t head, const float* qkv, const float* bias, Dropout dropout, T* context, float* log_sums, float* scratch);
  // dcontext (queries x width) -> dqkv (keys x 3 width; zero for who did not ask).
  void (*attend_back)(const AttentionShape& shape, int64_t head, const float* qkv, const float* bias, Dropout dropout, const float* log_sums,
                      const float* dcontext, T* dqkv, float* scratch);
  // sums[column] += values of the column
  void (*add_columns)(int64_t rows, int64_t width, const T* values, float* sums);
  void (*convert)(int64_t count, const float* from, T* to);
};

// Where a stretch of parameters goes under one step of AdamW.
struct AdamW {
  float rate, decay, beta1, beta2, epsilon;  // decay: rate * weight decay, or 0
  float correction1, correction2;            // 1 / (1 - beta1^t), 1 / sqrt(1 - beta2^t)
  float scale;                               // of the gradients (clipping)
};
struct PlainKernels {
  // Leaves the gradient zero.
  void (*adamw)(int64_t count, const AdamW& options, float* weight, float* gradient, float* m, float* v);
  void (*scale)(int64_t count, float factor, float* values);
  double (*square_sum)(int64_t count, const float* values);
  void (*drop)(int64_t count, Dropout dropout, float* values);  // in place
  // Orders that products of Bf16 want; what lies past rows and columns becomes zero. See kernels_packing.hpp.
  void (*pack_pairs)(int64_t rows, int64_t columns, const Bf16* from, int64_t stride, int64_t depth, int64_t width, Bf16* to);
  void (*pack_weight)(int64_t rows, int64_t columns, const float* from, int64_t stride, int64_t depth, int64_t width, Bf16* to);
  void (*pack_pairs_turned)(int64_t rows, int64_t columns, const float* from, int64_t stride, int64_t depth, int64_t width, Bf16* to);
  void (*turn_rows)(int64_t rows, int64_t columns, const Bf16* from, int64_t stride, int64_t depth, Bf16* to, int64_t to_stride);
};

// Of attend() and attend_back(), for texts of up to `keys` tokens.
constexpr int64_t scratch_floats(int64_t keys, int64_t head_size) {
  const int64_t columns = (keys + 15) / 16 * 16, depth = (head_size + 15) / 16 * 16;
  return columns * 6 * depth + 32 * (4 * columns + 4 * depth);
}

// The best for this processor.
template <typename T>
const Kernels<T>& kernels();
template <>
const Kernels<float>& kernels<float>();
template <>
const Kernels<Bf16>& kernels<Bf16>();
const PlainKernels& plain_kernels();

}  // namespace mlopsctl::torch_cpu
