// Kernels over rows: LayerNorm with what surrounds it, activations, sums of columns.
#pragma once

#include <type_traits>

#include "stages/torch/kernels_arithmetic.hpp"

namespace mlopsctl::torch_cpu::MLOPSCTL_GENERATION {
namespace {

void embed(int64_t rows, int64_t width, const int32_t* ids, const int32_t* places, const float* word, const float* position, const float* type, float* sum) {
  for (int64_t row = 0; row < rows; ++row) {
    const float* a = word + ids[row] * width;
    const float* b = position + places[row] * width;
    float* to = sum + row * width;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) to[i] = a[i] + b[i] + type[i];
  }
}

template <typename T>
void norm(const NormInputs& in, float* sum, const float* bias, Dropout dropout, int64_t first_row, const float* residual, Dropout dropout_after, float* out,
          T* out_t, float* mean, float* rstd) {
  const int64_t width = in.width;
  for (int64_t row = 0; row < in.rows; ++row) {
    float* x = sum + row * width;
    const auto first = static_cast<uint32_t>((first_row + row) * width);
    float total = 0;
    if (bias != nullptr) {
      const float* r = residual + row * width;
      if (dropout.threshold != 0) {
#pragma omp simd reduction(+ : total)
        for (int64_t i = 0; i < width; ++i) total += x[i] = (x[i] + bias[i]) * kept(dropout, first + static_cast<uint32_t>(i)) + r[i];
      } else {
#pragma omp simd reduction(+ : total)
        for (int64_t i = 0; i < width; ++i) total += x[i] = x[i] + bias[i] + r[i];
      }
    } else {
#pragma omp simd reduction(+ : total)
      for (int64_t i = 0; i < width; ++i) total += x[i];
    }
    const float middle = total / static_cast<float>(width);
    float squares = 0;
#pragma omp simd reduction(+ : squares)
    for (int64_t i = 0; i < width; ++i) squares += (x[i] - middle) * (x[i] - middle);
    const float scale = 1.0F / __builtin_sqrtf(squares / static_cast<float>(width) + in.epsilon);
    mean[row] = middle;
    rstd[row] = scale;
    float* y = out + row * width;
    if (dropout_after.threshold != 0) {
#pragma omp simd
      for (int64_t i = 0; i < width; ++i) y[i] = ((x[i] - middle) * scale * in.gamma[i] + in.beta[i]) * kept(dropout_after, first + static_cast<uint32_t>(i));
    } else {
#pragma omp simd
      for (int64_t i = 0; i < width; ++i) y[i] = (x[i] - middle) * scale * in.gamma[i] + in.beta[i];
    }
    if constexpr (!std::is_same_v<T, float>) {
      T* y_t = out_t + row * width;
#pragma omp simd
      for (int64_t i = 0; i < width; ++i) store(y[i], y_t[i]);
    }
  }
}

template <typename T>
void norm_back(const NormInputs& in, const float* sum, Dropout dropout, int64_t first_row, Dropout dropout_after, const float* gradient, const float* mean,
               const float* rstd, float* dsum, T* dproduct, float* dgamma, float* dbeta, float* dbias) {
  const int64_t width = in.width;
  for (int64_t row = 0; row < in.rows; ++row) {
    const float* x = sum + row * width;
    const float* given = gradient + row * width;
    float* dx = dsum + row * width;
    const auto first = static_cast<uint32_t>((first_row + row) * width);
    const float middle = mean[row], scale = rstd[row];
    float plain = 0, along = 0;  // sums of dy gamma, and of dy gamma xhat
#pragma omp simd reduction(+ : plain, along)
    for (int64_t i = 0; i < width; ++i) {
      const float dy = dropout_after.threshold != 0 ? given[i] * kept(dropout_after, first + static_cast<uint32_t>(i)) : given[i];
      const float xhat = (x[i] - middle) * scale, dxhat = dy * in.gamma[i];
      dgamma[i] += dy * xhat;
      dbeta[i] += dy;
      plain += dxhat;
      along += dxhat * xhat;
      dx[i] = dxhat;
    }
    plain /= static_cast<float>(width);
    along /= static_cast<float>(width);
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) dx[i] = scale * (dx[i] - plain - (x[i] - middle) * scale * along);
    if (dproduct == nullptr) continue;
    T* dp = dproduct + row * width;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) {
      const float d = dropout.threshold != 0 ? dx[i] * kept(dropout, first + static_cast<uint32_t>(i)) : dx[i];
      dbias[i] += d;
      store(d, dp[i]);
    }
  }
}

template <typename T, Activation activation>
void activate_as(int64_t rows, int64_t width, const float* u, const float* bias, T* kept_u, T* out) {
  for (int64_t row = 0; row < rows; ++row) {
    const float* from = u + row * width;
    T* keep = kept_u + row * width;
    T* to = out + row * width;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) {
      const float x = from[i] + bias[i];
      store(x, keep[i]);
      store(activated<activation>(x), to[i]);
    }
  }
}
template <typename T>
void activate(int64_t rows, int64_t width, Activation activation, const float* u, const float* bias, T* kept_u, T* out) {
  switch (activation) {
    case Activation::gelu:
      return activate_as<T, Activation::gelu>(rows, width, u, bias, kept_u, out);
    case Activation::gelu_new:
      return activate_as<T, Activation::gelu_new>(rows, width, u, bias, kept_u, out);
    case Activation::relu:
      return activate_as<T, Activation::relu>(rows, width, u, bias, kept_u, out);
  }
}

template <typename T, Activation activation>
void activate_back_as(int64_t rows, int64_t width, const float* gradient, const T* kept_u, T* out, T* du, float* dbias) {
  for (int64_t row = 0; row < rows; ++row) {
    const float* given = gradient + row * width;
    const T* keep = kept_u + row * width;
    T* to = out + row * width;
    T* d = du + row * width;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) {
      const float x = load(keep[i]);
      const float slid = given[i] * slope<activation>(x);
      store(activated<activation>(x), to[i]);
      store(slid, d[i]);
      dbias[i] += slid;
    }
  }
}
template <typename T>
void activate_back(int64_t rows, int64_t width, Activation activation, const float* gradient, const T* kept_u, T* out, T* du, float* dbias) {
  switch (activation) {
    case Activation::gelu:
      return activate_back_as<T, Activation::gelu>(rows, width, gradient, kept_u, out, du, dbias);
    case Activation::gelu_new:
      return activate_back_as<T, Activation::gelu_new>(rows, width, gradient, kept_u, out, du, dbias);
    case Activation::relu:
      return activate_back_as<T, Activation::relu>(rows, width, gradient, kept_u, out, du, dbias);
  }
}

template <typename T>
void add_columns(int64_t rows, int64_t width, const T* values, float* sums) {
  for (int64_t row = 0; row < rows; ++row) {
    const T* from = values + row * width;
#pragma omp simd
    for (int64_t i = 0; i < width; ++i) sums[i] += load(from[i]);
  }
}

template <typename T>
void convert(int64_t count, const float* from, T* to) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) store(from[i], to[i]);
}

void adamw(int64_t count, const AdamW& o, float* weight, float* gradient, float* m, float* v) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] * o.scale;
    m[i] = o.beta1 * m[i] + (1 - o.beta1) * g;
    v[i] = o.beta2 * v[i] + (1 - o.beta2) * g * g;
    weight[i] = weight[i] * (1 - o.decay) - o.rate * o.correction1 * m[i] / (__builtin_sqrtf(v[i]) * o.correction2 + o.epsilon);
    gradient[i] = 0;
  }
}

void scale(int64_t count, float factor, float* values) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) values[i] *= factor;
}

void drop(int64_t count, Dropout dropout, float* values) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) values[i] *= kept(dropout, static_cast<uint32_t>(i));
}

double square_sum(int64_t count, const float* values) {
  double sum = 0;
  for (int64_t start = 0; start < count; start += 1024) {
    const int64_t end = count < start + 1024 ? count : start + 1024;
    float part = 0;
#pragma omp simd reduction(+ : part)
    for (int64_t i = start; i < end; ++i) part += values[i] * values[i];
    sum += static_cast<double>(part);
  }
  return sum;
}

}  // namespace
}  // namespace mlopsctl::torch_cpu::MLOPSCTL_GENERATION
