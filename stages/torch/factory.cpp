#include "stages/torch/factory.hpp"

#include <ATen/Parallel.h>

#include <chrono>
#include <thread>
#include <type_traits>

#include "stages/torch/buffer.hpp"
#include "stages/torch/cpu_network.hpp"
#include "stages/torch/device_network.hpp"
#include "stages/torch/gemm.hpp"
#include "stages/torch/guard.hpp"

namespace mlopsctl::torch_cpu {
namespace {

// Seconds of the best of a few products as the feed-forward part of a layer has them.
template <typename T>
double probe(const finetune::EncoderShape& shape) {
  constexpr int64_t rows = 256;
  Buffer<T> given;
  Buffer<float> weight, result;
  Buffer<Bf16> packed;
  weight.hold_zeros(shape.intermediate * shape.hidden);
  Weight<T> by{};
  if constexpr (std::is_same_v<T, float>) by = {shape.intermediate, shape.hidden, weight.get()};
  else {
    packed.hold(packed_size(shape.hidden, shape.intermediate));
    pack(shape.intermediate, shape.hidden, weight.get(), packed.get(), nullptr);
    by = {shape.intermediate, shape.hidden, packed.get(), nullptr};
  }
  const T* x = given.hold_zeros(rows * shape.hidden);
  double best = 1e9;
  for (int turn = 0; turn < 5; ++turn) {
    const auto start = std::chrono::steady_clock::now();
    apply(by, rows, x, result.hold(rows * shape.intermediate));
    const double taken = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (turn > 0) best = std::min(best, taken);
  }
  return best;
}

}  // namespace

bool Factory::has_device(const std::string& device) const {
  const Result<bool> found = guarded([&]() -> Result<bool> { return torch_cpu::has_device(device); });
  return found.ok() && *found;
}

Result<std::unique_ptr<finetune::Network>> Factory::make(const finetune::NetworkOptions& options, const finetune::Tensors& weights, uint64_t seed) const {
  if (!has_device(options.device))
    return config_error("device \"" + options.device + "\" is not in this libtorch")
        .with_hint("set model.device to cpu, or build with -DCMAKE_PREFIX_PATH=DIR naming a libtorch for CUDA");
  TRY_ASSIGN(auto network, options.device == "cpu" ? make_cpu_network(options, weights, seed) : make_device_network(options, weights, seed));
  return std::unique_ptr<finetune::Network>(std::move(network));
}

Result<finetune::Precision> Factory::fastest(const finetune::EncoderShape& shape, const std::string& device, int threads) const {
  return guarded([&]() -> Result<finetune::Precision> {
    if (device != "cpu") return fastest_on_device(shape, device);
    if (!has_bf16()) return finetune::Precision::f32;
    const int wanted = threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency());
    if (at::get_num_threads() != wanted) at::set_num_threads(wanted);
    const double plain = probe<float>(shape), half = probe<Bf16>(shape);
    return half < 0.8 * plain ? finetune::Precision::bf16 : finetune::Precision::f32;
  });
}

}  // namespace mlopsctl::torch_cpu
