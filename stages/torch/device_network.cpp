#include "stages/torch/device_network.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include <chrono>
#include <cmath>
#include <map>
#include <utility>

#include "stages/torch/buffer.hpp"
#include "stages/torch/check_batch.hpp"
#include "stages/torch/device_encoder.hpp"
#include "stages/torch/guard.hpp"

namespace mlopsctl::torch_cpu {
namespace {

using finetune::Batch;

at::Tensor tensor_of(const float* values, const std::vector<int64_t>& shape) { return at::from_blob(const_cast<float*>(values), shape, at::kFloat); }

class DeviceNetwork final : public NetworkWithGradients {
 public:
  DeviceNetwork(finetune::NetworkOptions options, Layout layout)
      : options_(std::move(options)), layout_(std::move(layout)), device_(options_.device), encoder_(options_, layout_, parameters_, device_) {}

  Status fill_in(const finetune::Tensors& given, uint64_t seed) {
    Buffer<float> made;
    TRY(fill(layout_, given, seed, made.hold_zeros(layout_.floats)));
    for (const Parameter& p : layout_.parameters) {
      at::Tensor own = tensor_of(made.get() + p.offset, p.shape).to(device_, at::kFloat, false, true);
      own.set_requires_grad(p.learns);
      parameters_.push_back(own);
      m_.push_back(p.learns ? at::zeros_like(own) : at::Tensor());
      v_.push_back(p.learns ? at::zeros_like(own) : at::Tensor());
      for (at::Tensor* moment : {&m_.back(), &v_.back()})
        if (moment->defined()) moment->set_requires_grad(false);
    }
    return {};
  }

  Result<double> accumulate(const Batch& batch, double share, uint64_t seed) override {
    return guarded([&]() -> Result<double> {
      TRY(check_batch(options_, batch, Use::learn));
      TRY(check_learning());
      sow(seed);
      const bool masked = options_.objective == finetune::Objective::masked_language;
      if (masked && batch.positions.empty()) return 0.0;
      return learn(masked ? encoder_.words(batch, true) : encoder_.logits(encoder_.features(batch, true), true), batch.labels, share);
    });
  }
  Result<double> accumulate_features(const std::vector<float>& features, const std::vector<int32_t>& labels, double share, uint64_t seed) override {
    return guarded([&]() -> Result<double> {
      TRY(check_features(options_, features.size(), &labels));
      TRY(check_learning());
      sow(seed);
      return learn(encoder_.logits(given(features), true), labels, share);
    });
  }

  Result<double> step(const finetune::StepOptions& o) override {
    return guarded([&]() -> Result<double> {
      TRY(check_learning());
      const at::NoGradGuard no_gradients;
      std::vector<at::Tensor> gradients;
      for (const at::Tensor& p : parameters_)
        if (p.grad().defined()) gradients.push_back(p.grad());
      const double norm = gradients.empty() ? 0.0 : at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients))).item<double>();
      if (!std::isfinite(norm)) return forget(), norm;
      ++steps_;
      if (o.clip > 0 && norm > o.clip) at::_foreach_mul_(gradients, o.clip / (norm + 1e-6));  // as torch.nn.utils.clip_grad_norm_
      const at::Tensor count = at::full({}, static_cast<double>(steps_), at::TensorOptions(device_).dtype(at::kFloat));
      // Parameters that learn alike take their step in one call: a device waits longer for calls than for sums.
      std::map<std::pair<double, bool>, std::vector<size_t>> alike;
      for (size_t i = 0; i < parameters_.size(); ++i) {
        const Parameter& p = layout_.parameters[i];
        if (!p.learns) continue;
        if (!parameters_[i].grad().defined()) parameters_[i].mutable_grad() = at::zeros_like(parameters_[i]);
        alike[{p.rate, p.decay}].push_back(i);
      }
      for (const auto& [how, which] : alike) {
        std::vector<at::Tensor> own, slopes, m, v;
        for (const size_t i : which) own.push_back(parameters_[i]), slopes.push_back(parameters_[i].grad()), m.push_back(m_[i]), v.push_back(v_[i]);
        at::_fused_adamw_(own, slopes, m, v, {}, std::vector<at::Tensor>(which.size(), count), o.learning_rate * how.first, o.beta1, o.beta2,
                          how.second ? o.weight_decay : 0.0, o.epsilon, false, false);
      }
      forget();
      return norm;
    });
  }

  Result<std::vector<float>> logits(const Batch& batch) override {
    return guarded([&]() -> Result<std::vector<float>> {
      TRY(check_features(options_, 0, nullptr));
      TRY(check_batch(options_, batch, Use::score));
      const at::NoGradGuard no_gradients;
      return values(encoder_.logits(encoder_.features(batch, false), false));
    });
  }
  Result<std::vector<float>> features(const Batch& batch) override {
    return guarded([&]() -> Result<std::vector<float>> {
      TRY(check_features(options_, 0, nullptr));
      TRY(check_batch(options_, batch, Use::score));
      const at::NoGradGuard no_gradients;
      return values(encoder_.features(batch, false));
    });
  }
  Result<std::vector<float>> logits_of_features(const std::vector<float>& features) override {
    return guarded([&]() -> Result<std::vector<float>> {
      TRY(check_features(options_, features.size(), nullptr));
      const at::NoGradGuard no_gradients;
      return values(encoder_.logits(given(features), false));
    });
  }

  Result<finetune::Tensors> parameters() override {
    return guarded([&]() -> Result<finetune::Tensors> {
      parameters_here_.clear();
      finetune::Tensors all;
      for (size_t i = 0; i < parameters_.size(); ++i) all[layout_.parameters[i].name] = copied(parameters_here_, parameters_[i], layout_.parameters[i]);
      return all;
    });
  }
  Result<finetune::Tensors> gradients() override {
    return guarded([&]() -> Result<finetune::Tensors> {
      gradients_here_.clear();
      finetune::Tensors all;
      for (size_t i = 0; i < parameters_.size(); ++i)
        if (layout_.parameters[i].learns)
          all[layout_.parameters[i].name] =
              copied(gradients_here_, parameters_[i].grad().defined() ? parameters_[i].grad() : at::zeros_like(parameters_[i]), layout_.parameters[i]);
      return all;
    });
  }
  Result<finetune::Tensors> moments() override {
    return guarded([&]() -> Result<finetune::Tensors> {
      moments_here_.clear();
      finetune::Tensors all;
      for (size_t i = 0; i < parameters_.size(); ++i) {
        if (!layout_.parameters[i].learns) continue;
        all["m." + layout_.parameters[i].name] = copied(moments_here_, m_[i], layout_.parameters[i]);
        all["v." + layout_.parameters[i].name] = copied(moments_here_, v_[i], layout_.parameters[i]);
      }
      return all;
    });
  }
  int64_t steps() const override { return steps_; }

  Status restore(const finetune::Tensors& parameters, const finetune::Tensors* moments, int64_t steps) override {
    return guarded([&]() -> Status {
      const at::NoGradGuard no_gradients;
      forget();
      for (size_t i = 0; i < parameters_.size(); ++i) {
        const Parameter& p = layout_.parameters[i];
        if (const auto found = parameters.find(p.name); found != parameters.end()) TRY(take(p, p.name, found->second, parameters_[i]));
        if (moments == nullptr || !p.learns) continue;
        for (const auto& [prefix, to] : {std::pair{"m.", &m_[i]}, std::pair{"v.", &v_[i]}}) {
          const auto found = moments->find(prefix + p.name);
          if (found == moments->end()) return stage_error("no tensor \"" + (prefix + p.name) + "\" in the optimizer's state");
          TRY(take(p, found->first, found->second, *to));
        }
      }
      if (moments != nullptr) steps_ = steps;
      return {};
    });
  }

 private:
  Status check_learning() const {
    if (layout_.lowest_learning <= static_cast<int>(options_.shape.layers)) return {};
    Error error = stage_error("this encoder was made to score, not to learn");
    error.kind = ErrorKind::internal;
    return error;
  }
  // The device's random numbers from here on are a function of `seed`.
  void sow(uint64_t seed) const {
    at::Generator generator = at::globalContext().defaultGenerator(device_);
    const std::lock_guard<std::mutex> lock(generator.mutex());
    generator.set_current_seed(seed);
  }
  at::Tensor given(const std::vector<float>& features) const {
    const int64_t hidden = options_.shape.hidden;
    return tensor_of(features.data(), {static_cast<int64_t>(features.size()) / hidden, hidden}).to(device_, at::kFloat, false, true);
  }
  double learn(const at::Tensor& logits, const std::vector<int32_t>& labels, double share) const {
    const at::Tensor truth =
        at::from_blob(const_cast<int32_t*>(labels.data()), {static_cast<int64_t>(labels.size())}, at::kInt).to(device_, at::kLong, false, true);
    const bool classify = options_.objective == finetune::Objective::classify;
    at::Tensor weights;
    if (classify && !options_.class_weights.empty())
      weights = tensor_of(options_.class_weights.data(), {options_.classes}).to(device_, at::kFloat, false, true);
    const at::Tensor loss = at::cross_entropy_loss(logits, truth, weights, at::Reduction::Sum, -100, classify ? options_.label_smoothing : 0.0) * share;
    loss.backward();
    return loss.item<double>();
  }
  void forget() {
    for (at::Tensor& p : parameters_) p.mutable_grad().reset();
  }
  static std::vector<float> values(const at::Tensor& found) {
    const at::Tensor here = found.to(at::kCPU, at::kFloat).contiguous();
    return std::vector<float>(here.const_data_ptr<float>(), here.const_data_ptr<float>() + here.numel());
  }
  // What is handed out lies in `kept`, until the same is asked for again.
  static weights::Tensor copied(std::vector<at::Tensor>& kept, const at::Tensor& values, const Parameter& p) {
    kept.push_back(values.detach().to(at::kCPU, at::kFloat, false, true).contiguous());
    return {weights::Dtype::f32, p.shape, {reinterpret_cast<const char*>(kept.back().const_data_ptr<float>()), static_cast<size_t>(p.count) * sizeof(float)}};
  }
  static Status take(const Parameter& p, const std::string& name, const weights::Tensor& from, at::Tensor& to) {
    const at::Tensor here = at::empty(p.shape, at::kFloat);
    TRY(copy_tensor(p, name, from, here.mutable_data_ptr<float>()));
    to.copy_(here);
    return {};
  }

  finetune::NetworkOptions options_;
  Layout layout_;
  at::Device device_;
  std::vector<at::Tensor> parameters_, m_, v_, parameters_here_, gradients_here_, moments_here_;
  DeviceEncoder encoder_;
  int64_t steps_ = 0;
};

double seconds_of_product(const finetune::EncoderShape& shape, at::Device device, at::ScalarType type) {
  const at::Tensor a = at::ones({2048, shape.hidden}, at::TensorOptions(device).dtype(type)), b = at::ones({shape.hidden, shape.intermediate}, a.options());
  double best = 1e9;
  for (int turn = 0; turn < 5; ++turn) {
    const auto start = std::chrono::steady_clock::now();
    at::mm(a, b)[0][0].item<float>();  // waits for the device
    if (turn > 0) best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

}  // namespace

bool has_device(const std::string& device) {
  if (device == "cpu") return true;
  const size_t colon = device.find(':');
  if (device.substr(0, colon) != "cuda" || !at::hasCUDA()) return false;
  const std::string number = colon == std::string::npos ? "0" : device.substr(colon + 1);
  if (number.empty() || number.size() > 3 || number.find_first_not_of("0123456789") != std::string::npos) return false;
  return std::stoi(number) < at::detail::getCUDAHooks().deviceCount();
}

Result<std::unique_ptr<NetworkWithGradients>> make_device_network(const finetune::NetworkOptions& options, const finetune::Tensors& weights, uint64_t seed) {
  return guarded([&]() -> Result<std::unique_ptr<NetworkWithGradients>> {
    TRY_ASSIGN(Layout layout, lay_out(options));
    auto network = std::make_unique<DeviceNetwork>(options, std::move(layout));
    TRY(network->fill_in(weights, seed));
    return std::unique_ptr<NetworkWithGradients>(std::move(network));
  });
}

Result<finetune::Precision> fastest_on_device(const finetune::EncoderShape& shape, const std::string& device) {
  return guarded([&]() -> Result<finetune::Precision> {
    const at::Device where(device);
    return seconds_of_product(shape, where, at::kBFloat16) < 0.8 * seconds_of_product(shape, where, at::kFloat) ? finetune::Precision::bf16
                                                                                                                : finetune::Precision::f32;
  });
}

}  // namespace mlopsctl::torch_cpu
