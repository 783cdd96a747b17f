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

// One product as the feed-forward part of a layer has them, timed again and again.
template <typename T>
class Probe {
 public:
  explicit Probe(const finetune::EncoderShape& shape) : wide_(shape.intermediate) {
    weight_.hold_zeros(shape.intermediate * shape.hidden);
    if constexpr (std::is_same_v<T, float>) by_ = {shape.intermediate, shape.hidden, weight_.get()};
    else {
      packed_.hold(packed_size(shape.hidden, shape.intermediate));
      pack(shape.intermediate, shape.hidden, weight_.get(), packed_.get(), nullptr);
      by_ = {shape.intermediate, shape.hidden, packed_.get(), nullptr};
    }
    given_.hold_zeros(kRows * shape.hidden);
    turn();  // the first sets things up
    best_ = 1e9;
  }
  void turn() {
    const auto start = std::chrono::steady_clock::now();
    apply(by_, kRows, given_.get(), result_.hold(kRows * wide_));
    best_ = std::min(best_, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  double best() const { return best_; }  // seconds

 private:
  static constexpr int64_t kRows = 256;
  int64_t wide_;
  Buffer<T> given_;
  Buffer<float> weight_, result_;
  Buffer<Bf16> packed_;
  Weight<T> by_{};
  double best_ = 1e9;
};

}  // namespace

bool Factory::has_device(const std::string& device) const {
  const Result<bool> found = guarded([&]() -> Result<bool> { return torch_cpu::has_device(device); });
  return found.ok() && *found;
}

bool Factory::runs(finetune::Precision precision, const std::string& device) const {
  return precision == finetune::Precision::f32 || device != "cpu" || runs_bf16();
}

Result<std::unique_ptr<finetune::Network>> Factory::make(const finetune::NetworkOptions& options, const finetune::Tensors& weights, uint64_t seed) const {
  if (!has_device(options.device))
    return config_error("device \"" + options.device + "\" is not in this libtorch")
        .with_hint("set model.device to cpu, or build with -DCMAKE_PREFIX_PATH=DIR naming a libtorch for CUDA");
  if (!runs(options.precision, options.device))
    return config_error("precision \"bf16\" does not run on this processor: it has no AVX-512").with_hint("set model.precision to f32 or auto");
  TRY_ASSIGN(auto network, options.device == "cpu" ? make_cpu_network(options, weights, seed) : make_device_network(options, weights, seed));
  return std::unique_ptr<finetune::Network>(std::move(network));
}

Result<finetune::Precision> Factory::fastest(const finetune::EncoderShape& shape, const std::string& device, int threads) const {
  return guarded([&]() -> Result<finetune::Precision> {
    if (device != "cpu") return fastest_on_device(shape, device);
    constexpr int64_t too_small = 100'000;  // weights of a product: below this the clock's noise would decide, and little is to be gained
    if (!has_bf16() || shape.hidden * shape.intermediate < too_small) return finetune::Precision::f32;
    const int wanted = threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency());
    if (at::get_num_threads() != wanted) at::set_num_threads(wanted);
    Probe<float> plain(shape);
    Probe<Bf16> half(shape);
    for (int turn = 0; turn < 6; ++turn) plain.turn(), half.turn();  // in turns, so that what else the machine does slows both
    return half.best() < 0.8 * plain.best() ? finetune::Precision::bf16 : finetune::Precision::f32;
  });
}

}  // namespace mlopsctl::torch_cpu
