#include "stages/torch/gemm.hpp"

#include <ATen/Parallel.h>
#include <ATen/native/CPUBlas.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>

#include "stages/torch/buffer.hpp"

namespace mlopsctl::torch_cpu {
namespace {

constexpr int64_t kPanel = 64, kRows = 128, kDepth = 512;

at::Tensor view(const Matrix<float>& m) {
  const at::Tensor tensor = at::from_blob(const_cast<float*>(m.data), {m.rows, m.columns}, {m.stride, 1}, at::kFloat);
  return m.turned ? tensor.t() : tensor;
}

int64_t up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

// Panels of 64 columns; in each, pairs of rows are interleaved, as the processor's dot products of pairs want them (VNNI).
void pack_b(const Matrix<Bf16>& b, Bf16* to) {
  const int64_t depth = b.high(), width = b.wide(), deep = up(depth, 2);
  at::parallel_for(0, up(width, kPanel) / kPanel, 1, [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel)
      for (int64_t k = 0; k < deep; ++k)
        for (int64_t n = 0; n < kPanel; ++n) {
          const int64_t column = panel * kPanel + n;
          Bf16 value{0};
          if (k < depth && column < width) value = b.turned ? b.data[column * b.stride + k] : b.data[k * b.stride + column];
          to[panel * kPanel * deep + (k / 2) * kPanel * 2 + n * 2 + k % 2] = value;
        }
  });
}

// Rows one after another, an even number of columns.
void pack_a(const Matrix<Bf16>& a, Bf16* to) {
  const int64_t height = a.high(), depth = a.wide(), deep = up(depth, 2);
  at::parallel_for(0, height, 64, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m)
      for (int64_t k = 0; k < deep; ++k) {
        Bf16 value{0};
        if (k < depth) value = a.turned ? a.data[k * a.stride + m] : a.data[m * a.stride + k];
        to[m * deep + k] = value;
      }
  });
}

}  // namespace

bool has_bf16() { return at::native::cpublas::could_pack(at::kBFloat16); }

void multiply(const Matrix<float>& a, const Matrix<float>& b, float* c, int64_t stride, bool add) {
  if (a.high() == 0 || b.wide() == 0) return;
  at::Tensor to = at::from_blob(c, {a.high(), b.wide()}, {stride, 1}, at::kFloat);
  if (add) at::addmm_out(to, to, view(a), view(b));
  else at::mm_out(to, view(a), view(b));
}

void multiply(const Matrix<Bf16>& a, const Matrix<Bf16>& b, float* c, int64_t stride, bool add) {
  thread_local Buffer<Bf16> packed_a, packed_b;
  const int64_t height = a.high(), width = b.wide(), depth = a.wide(), deep = up(depth, 2);
  if (height == 0 || width == 0) return;
  Bf16* right = packed_b.hold(deep * up(width, kPanel));
  pack_b(b, right);
  const Bf16* left = a.data;
  int64_t left_stride = a.stride;
  if (a.turned || deep != depth) {
    Bf16* copy = packed_a.hold(deep * height);
    pack_a(a, copy);
    left = copy;
    left_stride = deep;
  }
  const int64_t strips = up(height, kRows) / kRows, panels = up(width, kPanel) / kPanel;
  at::parallel_for(0, strips * panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t m = block / panels * kRows, n = block % panels * kPanel;
      const int64_t rows = std::min(kRows, height - m), columns = std::min(kPanel, width - n);
      for (int64_t k = 0; k < deep; k += kDepth)
        at::native::cpublas::brgemm(rows, columns, std::min(kDepth, deep - k), left_stride, kPanel, stride, add || k > 0,
                                    reinterpret_cast<const at::BFloat16*>(left + m * left_stride + k),
                                    reinterpret_cast<const at::BFloat16*>(right + n * deep + k * kPanel), c + m * stride + n, true);
    }
    at::native::cpublas::brgemm_release(true);
  });
}

}  // namespace mlopsctl::torch_cpu
