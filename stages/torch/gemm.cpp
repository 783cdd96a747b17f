#include "stages/torch/gemm.hpp"

#include <ATen/Parallel.h>
#include <ATen/native/CPUBlas.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>
#include <c10/util/Exception.h>

#include <algorithm>

#include "stages/torch/buffer.hpp"

namespace mlopsctl::torch_cpu {
namespace {

// Blocks of a product that stay near the processor. A packed matrix is panels of kPanel columns, `depth` rounded up to kDepthStep.
constexpr int64_t kPanel = 128, kRows = 128, kDepth = 1024, kDepthStep = 32;

int64_t up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

at::Tensor view(const float* data, int64_t rows, int64_t columns) { return at::from_blob(const_cast<float*>(data), {rows, columns}, at::kFloat); }

// c (rows x width) = or += a (rows x depth) b, where b is packed. Shapes of blocks are few, for each is compiled when it is first met.
void blocks(int64_t rows, int64_t width, int64_t depth, const Bf16* a, int64_t a_stride, const Bf16* b, float* c, bool add) {
  const int64_t strips = up(rows, kRows) / kRows, panels = up(width, kPanel) / kPanel, deep = up(depth, kDepthStep);
  at::parallel_for(0, strips * panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t m = block / panels * kRows, n = block % panels * kPanel;
      for (int64_t k = 0; k < depth; k += kDepth)
        at::native::cpublas::brgemm(std::min(kRows, rows - m), std::min(kPanel, width - n), std::min(kDepth, depth - k), a_stride, kPanel, width, add || k > 0,
                                    reinterpret_cast<const at::BFloat16*>(a + m * a_stride + k),
                                    reinterpret_cast<const at::BFloat16*>(b + n * deep + k * kPanel), c + m * width + n, true);
    }
    at::native::cpublas::brgemm_release(true);
  });
}

// As above for rows that may be too odd for the processor's pairs.
void blocks_of_rows(int64_t rows, int64_t width, int64_t depth, const Bf16* a, const Bf16* b, float* c, bool add) {
  rows = padded_rows(rows);
  if (depth % 2 == 0) return blocks(rows, width, depth, a, depth, b, c, add);
  thread_local Buffer<Bf16> even;
  Bf16* copy = even.hold(rows * (depth + 1));
  for (int64_t row = 0; row < rows; ++row) {
    std::copy_n(a + row * depth, depth, copy + row * (depth + 1));
    copy[row * (depth + 1) + depth] = Bf16{0};
  }
  blocks(rows, width, depth + 1, copy, depth + 1, b, c, add);
}

}  // namespace

bool has_bf16() { return at::native::cpublas::could_pack(at::kBFloat16); }

bool runs_bf16() {
  static const bool runs = [] {
    constexpr int64_t side = 32;
    Buffer<Bf16> left, right;
    Buffer<float> product;
    try {
      blocks(side, side, side, left.hold_zeros(side * side), side, right.hold_zeros(packed_size(side, side)), product.hold_zeros(side * side), false);
    } catch (const c10::Error&) { return false; }
    return true;
  }();
  return runs;
}

int64_t packed_size(int64_t depth, int64_t width) { return up(depth, kDepthStep) * up(width, kPanel); }

void pack(int64_t out, int64_t in, const float* weight, Bf16* forward, Bf16* backward) {
  const int64_t deep = up(in, kDepthStep), deep_back = up(out, kDepthStep);
  at::parallel_for(0, up(out, kPanel) / kPanel, 1, [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel)
      plain_kernels().pack_pairs_turned(in, std::min(kPanel, out - panel * kPanel), weight + panel * kPanel * in, in, deep, kPanel,
                                        forward + panel * kPanel * deep);
  });
  if (backward == nullptr) return;
  at::parallel_for(0, up(in, kPanel) / kPanel, 1, [&](int64_t begin, int64_t end) {
    for (int64_t panel = begin; panel < end; ++panel)
      plain_kernels().pack_weight(out, std::min(kPanel, in - panel * kPanel), weight + panel * kPanel, in, deep_back, kPanel,
                                  backward + panel * kPanel * deep_back);
  });
}

void apply(const Weight<float>& weight, int64_t rows, const float* x, float* y) {
  if (rows == 0) return;
  at::Tensor to = view(y, rows, weight.out);
  at::mm_out(to, view(x, rows, weight.in), view(weight.data, weight.out, weight.in).t());
}
void apply(const Weight<Bf16>& weight, int64_t rows, const Bf16* x, float* y) { blocks_of_rows(rows, weight.out, weight.in, x, weight.forward, y, false); }

void apply_back(const Weight<float>& weight, int64_t rows, const float* dy, float* dx, bool add) {
  if (rows == 0) return;
  at::Tensor to = view(dx, rows, weight.in);
  if (add) at::addmm_out(to, to, view(dy, rows, weight.out), view(weight.data, weight.out, weight.in));
  else at::mm_out(to, view(dy, rows, weight.out), view(weight.data, weight.out, weight.in));
}
void apply_back(const Weight<Bf16>& weight, int64_t rows, const Bf16* dy, float* dx, bool add) {
  blocks_of_rows(rows, weight.in, weight.out, dy, weight.backward, dx, add);
}

void add_gradient(int64_t rows, int64_t out, const float* dy, int64_t in, const float* x, float* dw) {
  if (rows == 0) return;
  at::Tensor to = view(dw, out, in);
  at::addmm_out(to, to, view(dy, rows, out).t(), view(x, rows, in));
}
void add_gradient(int64_t rows, int64_t out, const Bf16* dy, int64_t in, const Bf16* x, float* dw) {
  thread_local Buffer<Bf16> left, right;
  // Rows of `turned` a power of two apart would fall into the same few lines of the nearest cache.
  const int64_t deep = up(rows, kDepthStep), stride = deep + kDepthStep, columns = up(in, kPanel);
  Bf16 *turned = left.hold(out * stride), *pairs = right.hold(deep * columns);
  const int64_t slices = up(out, kPanel) / kPanel, panels = columns / kPanel;
  at::parallel_for(0, slices + panels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t each = begin; each < end; ++each) {
      if (each < slices) {
        const int64_t n = each * kPanel;
        plain_kernels().turn_rows(rows, std::min(kPanel, out - n), dy + n, out, deep, turned + n * stride, stride);
      } else {
        const int64_t n = (each - slices) * kPanel;
        plain_kernels().pack_pairs(rows, std::min(kPanel, in - n), x + n, in, deep, kPanel, pairs + n * deep);
      }
    }
  });
  blocks(out, in, deep, turned, stride, pairs, dw, true);
}

}  // namespace mlopsctl::torch_cpu
