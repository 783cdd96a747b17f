// Matrix products through libtorch. Row-major; sums in f32 always.
#pragma once

#include <cstdint>

#include "stages/torch/kernels.hpp"

namespace mlopsctl::torch_cpu {

template <typename T>
struct Matrix {
  const T* data;
  int64_t rows, columns, stride;
  bool turned = false;  // stands for its transpose; rows and columns are those as stored
  Matrix transpose() const { return {data, rows, columns, stride, !turned}; }
  int64_t high() const { return turned ? columns : rows; }
  int64_t wide() const { return turned ? rows : columns; }
};

// c = a b, or c += a b; c is a.high() x b.wide(), `stride` floats from row to row. Uses at::get_num_threads() threads.
void multiply(const Matrix<float>& a, const Matrix<float>& b, float* c, int64_t stride, bool add);
void multiply(const Matrix<Bf16>& a, const Matrix<Bf16>& b, float* c, int64_t stride, bool add);

// Whether products of Bf16 have a kernel of their own on this processor.
bool has_bf16();

}  // namespace mlopsctl::torch_cpu
