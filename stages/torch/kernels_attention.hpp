// Attention of one head over one text. Products of small matrices in tiles of registers; a block of queries at a time, so that the memory
// needed grows with the length of a text and not with its square. The way back makes the probabilities again (Dao et al. 2022,
// https://arxiv.org/abs/2205.14135, section 3).
#pragma once

#include "stages/torch/kernels_turn.hpp"

namespace mlopsctl::torch_cpu::MLOPSCTL_GENERATION {
namespace {

constexpr int64_t kLanes = 16, kBlock = 32;
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float)), aligned(4), may_alias));

inline int64_t padded(int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

template <int rows, int vectors>
inline void tile(int64_t depth, const float* a, int64_t a_row, int64_t a_column, const float* b, int64_t b_row, float* c, int64_t c_row, bool add) {
  Lanes sum[rows][vectors];
  for (int r = 0; r < rows; ++r)
    for (int v = 0; v < vectors; ++v) sum[r][v] = add ? *reinterpret_cast<const Lanes*>(c + r * c_row + v * kLanes) : Lanes{};
  for (int64_t k = 0; k < depth; ++k) {
    Lanes along[vectors];
    for (int v = 0; v < vectors; ++v) along[v] = *reinterpret_cast<const Lanes*>(b + k * b_row + v * kLanes);
    for (int r = 0; r < rows; ++r) {
      const float across = a[r * a_row + k * a_column];
      for (int v = 0; v < vectors; ++v) sum[r][v] += across * along[v];
    }
  }
  for (int r = 0; r < rows; ++r)
    for (int v = 0; v < vectors; ++v) *reinterpret_cast<Lanes*>(c + r * c_row + v * kLanes) = sum[r][v];
}

template <int rows>
inline void strip(int64_t columns, int64_t depth, const float* a, int64_t a_row, int64_t a_column, const float* b, int64_t b_row, float* c, int64_t c_row,
                  bool add) {
  int64_t n = 0;
  for (; n + 2 * kLanes <= columns; n += 2 * kLanes) tile<rows, 2>(depth, a, a_row, a_column, b + n, b_row, c + n, c_row, add);
  if (n < columns) tile<rows, 1>(depth, a, a_row, a_column, b + n, b_row, c + n, c_row, add);
}

// c (rows x columns, a multiple of 16) = or += a (rows x depth, any strides) b (depth x columns)
inline void product(int64_t rows, int64_t columns, int64_t depth, const float* a, int64_t a_row, int64_t a_column, const float* b, int64_t b_row, float* c,
                    int64_t c_row, bool add) {
  int64_t m = 0;
  for (; m + 8 <= rows; m += 8) strip<8>(columns, depth, a + m * a_row, a_row, a_column, b, b_row, c + m * c_row, c_row, add);
  for (; m + 4 <= rows; m += 4) strip<4>(columns, depth, a + m * a_row, a_row, a_column, b, b_row, c + m * c_row, c_row, add);
  for (; m < rows; ++m) strip<1>(columns, depth, a + m * a_row, a_row, a_column, b, b_row, c + m * c_row, c_row, add);
}

// Where a head's part of qkv lies, and the scratch of one head.
struct Head {
  int64_t size, depth, columns, row;
  const float *q, *k, *v, *q_bias, *k_bias, *v_bias;
  Head(const AttentionShape& shape, int64_t head, const float* qkv, const float* bias)
      : size(shape.head_size),
        depth(padded(size)),
        columns(padded(shape.keys)),
        row(3 * shape.heads * size),
        q(qkv + head * size),
        k(q + shape.heads * size),
        v(k + shape.heads * size),
        q_bias(bias + head * size),
        k_bias(q_bias + shape.heads * size),
        v_bias(k_bias + shape.heads * size) {}

  void rows(int64_t count, const float* from, const float* add, float* to) const {  // count x depth
    for (int64_t j = 0; j < count; ++j) {
      for (int64_t d = 0; d < size; ++d) to[j * depth + d] = from[j * row + d] + add[d];
      for (int64_t d = size; d < depth; ++d) to[j * depth + d] = 0;
    }
  }
  void turned(int64_t count, const float* from, const float* add, float* to) const {  // size x columns
    for (int64_t first = 0; first < columns; first += 16)
      for (int64_t d = 0; d < depth; d += 16) {
        Pairs block[16];
        const int64_t wide = size - d < 16 ? size - d : 16;
        for (int64_t i = 0; i < 16; ++i) {
          const float* token = from + (first + i) * row + d;
          Lanes sum{};
          if (first + i < count && wide == 16) sum = *reinterpret_cast<const Lanes*>(token) + *reinterpret_cast<const Lanes*>(add + d);
          else if (first + i < count)
            for (int64_t j = 0; j < wide; ++j) sum[j] = token[j] + add[d + j];
          block[i] = reinterpret_cast<const Pairs&>(sum);  // a template would drop the alignment of 4
        }
        turn(block);
        for (int64_t j = 0; j < wide; ++j) *reinterpret_cast<Pairs*>(to + (d + j) * columns + first) = block[j];
      }
  }
  void queries(const AttentionShape& shape, int64_t first, int64_t count, float* to) const {  // scaled
    const float scale = 1.0F / __builtin_sqrtf(static_cast<float>(size));
    for (int64_t i = 0; i < count; ++i) {
      const float* from = q + (shape.query == nullptr ? first + i : shape.query[first + i]) * row;
      for (int64_t d = 0; d < size; ++d) to[i * depth + d] = (from[d] + q_bias[d]) * scale;
      for (int64_t d = size; d < depth; ++d) to[i * depth + d] = 0;
    }
  }
  static uint32_t dropout_row(const AttentionShape& shape, int64_t head, int64_t query) {
    const auto token = shape.first_token + static_cast<uint32_t>(shape.query == nullptr ? query : shape.query[query]);
    return (token * static_cast<uint32_t>(shape.heads) + static_cast<uint32_t>(head)) * shape.positions;
  }
};

template <typename T>
void attend(const AttentionShape& shape, int64_t head, const float* qkv, const float* bias, Dropout dropout, T* context, float* log_sums, float* scratch) {
  const Head h(shape, head, qkv, bias);
  float* keys = scratch;                        // size x columns
  float* values = keys + h.depth * h.columns;   // columns x depth
  float* asked = values + h.depth * h.columns;  // kBlock x depth
  float* scores = asked + kBlock * h.depth;     // kBlock x columns
  float* result = scores + kBlock * h.columns;  // kBlock x depth
  h.turned(shape.keys, h.k, h.k_bias, keys);
  h.rows(shape.keys, h.v, h.v_bias, values);
  for (int64_t first = 0; first < shape.queries; first += kBlock) {
    const int64_t count = shape.queries - first < kBlock ? shape.queries - first : kBlock;
    h.queries(shape, first, count, asked);
    product(count, h.columns, h.size, asked, h.depth, 1, keys, h.columns, scores, h.columns, false);
    for (int64_t i = 0; i < count; ++i) {
      float* s = scores + i * h.columns;
      float most = s[0], sum = 0;
#pragma omp simd reduction(max : most)
      for (int64_t j = 0; j < shape.keys; ++j) most = s[j] > most ? s[j] : most;
#pragma omp simd reduction(+ : sum)
      for (int64_t j = 0; j < shape.keys; ++j) sum += s[j] = exponential(s[j] - most);
      const float share = 1.0F / sum;
      if (dropout.threshold != 0) {
        const uint32_t index = Head::dropout_row(shape, head, first + i);
#pragma omp simd
        for (int64_t j = 0; j < shape.keys; ++j) s[j] *= share * kept(dropout, index + static_cast<uint32_t>(j));
      } else {
#pragma omp simd
        for (int64_t j = 0; j < shape.keys; ++j) s[j] *= share;
      }
      if (log_sums != nullptr) log_sums[(first + i) * shape.heads + head] = most + std::log(sum);
    }
    product(count, h.depth, shape.keys, scores, h.columns, 1, values, h.depth, result, h.depth, false);
    for (int64_t i = 0; i < count; ++i) {
      T* to = context + (first + i) * shape.heads * h.size + head * h.size;
      for (int64_t d = 0; d < h.size; ++d) store(result[i * h.depth + d], to[d]);
    }
  }
}

template <typename T>
void attend_back(const AttentionShape& shape, int64_t head, const float* qkv, const float* bias, Dropout dropout, const float* log_sums, const float* dcontext,
                 T* dqkv, float* scratch) {
  const Head h(shape, head, qkv, bias);
  const int64_t matrix = h.depth * h.columns;
  float *keys_turned = scratch, *keys = keys_turned + matrix, *values_turned = keys + matrix, *dkeys = values_turned + matrix, *dvalues = dkeys + matrix;
  float *asked = dvalues + matrix, *given = asked + kBlock * h.depth, *dasked = given + kBlock * h.depth;
  float *p = dasked + kBlock * h.depth, *dropped = p + kBlock * h.columns, *dp = dropped + kBlock * h.columns;
  h.turned(shape.keys, h.k, h.k_bias, keys_turned);
  h.rows(shape.keys, h.k, h.k_bias, keys);
  h.turned(shape.keys, h.v, h.v_bias, values_turned);
  T* dq = dqkv + head * h.size;
  T* dk = dq + shape.heads * h.size;
  T* dv = dk + shape.heads * h.size;
  if (shape.queries < shape.keys)
    for (int64_t j = 0; j < shape.keys; ++j)
      for (int64_t d = 0; d < h.size; ++d) store(0.0F, dq[j * h.row + d]);
  const float scale = 1.0F / __builtin_sqrtf(static_cast<float>(h.size));
  for (int64_t first = 0; first < shape.queries; first += kBlock) {
    const int64_t count = shape.queries - first < kBlock ? shape.queries - first : kBlock;
    h.queries(shape, first, count, asked);
    for (int64_t i = 0; i < count; ++i) {
      const float* from = dcontext + (first + i) * shape.heads * h.size + head * h.size;
      for (int64_t d = 0; d < h.size; ++d) given[i * h.depth + d] = from[d];
      for (int64_t d = h.size; d < h.depth; ++d) given[i * h.depth + d] = 0;
    }
    product(count, h.columns, h.size, asked, h.depth, 1, keys_turned, h.columns, p, h.columns, false);
    product(count, h.columns, h.size, given, h.depth, 1, values_turned, h.columns, dp, h.columns, false);
    for (int64_t i = 0; i < count; ++i) {
      float *p_row = p + i * h.columns, *dropped_row = dropped + i * h.columns, *dp_row = dp + i * h.columns;
      const float log_sum = log_sums[(first + i) * shape.heads + head];
      const uint32_t index = Head::dropout_row(shape, head, first + i);
      float mean = 0;
#pragma omp simd reduction(+ : mean)
      for (int64_t j = 0; j < shape.keys; ++j) {
        const float probability = exponential(p_row[j] - log_sum);
        const float keep = dropout.threshold != 0 ? kept(dropout, index + static_cast<uint32_t>(j)) : 1.0F;
        p_row[j] = probability;
        dropped_row[j] = probability * keep;
        dp_row[j] *= keep;
        mean += probability * dp_row[j];
      }
#pragma omp simd
      for (int64_t j = 0; j < shape.keys; ++j) dp_row[j] = p_row[j] * (dp_row[j] - mean);
    }
    product(count, h.depth, shape.keys, dp, h.columns, 1, keys, h.depth, dasked, h.depth, false);
    product(shape.keys, h.depth, count, dp, 1, h.columns, asked, h.depth, dkeys, h.depth, first > 0);
    product(shape.keys, h.depth, count, dropped, 1, h.columns, given, h.depth, dvalues, h.depth, first > 0);
    for (int64_t i = 0; i < count; ++i) {
      T* to = dq + (shape.query == nullptr ? first + i : shape.query[first + i]) * h.row;
      for (int64_t d = 0; d < h.size; ++d) store(dasked[i * h.depth + d] * scale, to[d]);
    }
  }
  for (int64_t j = 0; j < shape.keys; ++j)
    for (int64_t d = 0; d < h.size; ++d) {
      const bool any = shape.queries > 0;
      store(any ? dkeys[j * h.depth + d] : 0.0F, dk[j * h.row + d]);
      store(any ? dvalues[j * h.depth + d] : 0.0F, dv[j * h.row + d]);
    }
}

}  // namespace
}  // namespace mlopsctl::torch_cpu::MLOPSCTL_GENERATION
