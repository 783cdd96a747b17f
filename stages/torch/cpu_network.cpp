#include "stages/torch/cpu_network.hpp"

#include <ATen/Parallel.h>

#include <cmath>
#include <type_traits>

#include "pipeline/base/parallel.hpp"
#include "stages/torch/check_batch.hpp"
#include "stages/torch/guard.hpp"
#include "stages/torch/head.hpp"
#include "stages/torch/loss.hpp"
#include "stages/torch/masked_head.hpp"
#include "stages/torch/optimizer.hpp"

namespace mlopsctl::torch_cpu {
namespace {

using finetune::Batch;
using finetune::Objective;
using finetune::Pooling;

// What networks with the same weights share.
template <typename T>
struct Shared {
  Shared(const finetune::NetworkOptions& options, Layout given)
      : layout(std::move(given)), weights(zeroed(layout.floats)), products(options, layout, weights.get()) {}

  static Buffer<float> zeroed(int64_t count) {
    Buffer<float> buffer;
    buffer.hold_zeros(count);
    return buffer;
  }

  Layout layout;
  Buffer<float> weights;
  ProductWeights<T> products;
};

template <typename T>
class CpuNetwork final : public NetworkWithGradients {
 public:
  CpuNetwork(finetune::NetworkOptions options, std::shared_ptr<Shared<T>> shared)
      : options_(std::move(options)),
        shared_(std::move(shared)),
        layout_(shared_->layout),
        weights_(shared_->weights.get()),
        products_(shared_->products),
        encoder_(options_, layout_, weights_, products_),
        head_(options_, layout_, weights_),
        masked_(options_, layout_, weights_, products_),
        optimizer_(layout_, weights_) {}

  Status fill_in(const finetune::Tensors& given, uint64_t seed) {
    TRY(fill(layout_, given, seed, weights_));
    use_threads();
    products_.refresh(true);
    return {};
  }

  Result<double> accumulate(const Batch& batch, double share, uint64_t seed) override {
    return guarded([&]() -> Result<double> {
      TRY(check_batch(options_, batch, Use::learn));
      TRY(check_learning());
      use_threads();
      const int64_t hidden = options_.shape.hidden;
      Pass pass = plan(batch);
      pass.training = true;
      pass.seed = seed;
      if (options_.objective == Objective::masked_language && batch.positions.empty()) return 0.0;
      const float* states = encoder_.forward(pass);
      float* gradients = optimizer_.gradients();
      if (layout_.lowest_learning < 0) options_.objective == Objective::classify ? optimizer_.touch(batch.ids) : optimizer_.touch_all();
      float* dstates = dstates_.hold(padded_rows(pass.rows()) * hidden);
      double loss = 0;
      if (options_.objective == Objective::masked_language) {
        loss = masked_.learn(pass.rows(), states_t(states), batch.labels.data(), share, gradients, dstates);
      } else {
        const auto texts = static_cast<int64_t>(batch.texts());
        const float* features = features_of(batch, states);
        float* logits = head_.forward(texts, features, &seed);
        loss = cross_entropy(texts, options_.classes, batch.labels.data(), loss_options(share), logits);
        const bool deeper = layout_.lowest_learning < options_.shape.layers;
        const float* dfeatures = head_.backward(texts, features, logits, seed, gradients, deeper);
        if (!deeper) return loss;
        if (options_.pooling == Pooling::mean) mean_rows_back(batch, hidden, dfeatures, dstates);
        else std::copy_n(dfeatures, texts * hidden, dstates);
      }
      encoder_.backward(pass, dstates, gradients);
      return loss;
    });
  }

  Result<double> accumulate_features(const std::vector<float>& features, const std::vector<int32_t>& labels, double share, uint64_t seed) override {
    return guarded([&]() -> Result<double> {
      TRY(check_features(options_, features.size(), &labels));
      TRY(check_learning());
      use_threads();
      const auto texts = static_cast<int64_t>(labels.size());
      float* logits = head_.forward(texts, features.data(), &seed);
      const double loss = cross_entropy(texts, options_.classes, labels.data(), loss_options(share), logits);
      head_.backward(texts, features.data(), logits, seed, optimizer_.gradients(), false);
      return loss;
    });
  }

  Result<double> step(const finetune::StepOptions& o) override {
    return guarded([&]() -> Result<double> {
      TRY(check_learning());
      use_threads();
      const int64_t before = optimizer_.steps();
      const double norm = optimizer_.step(o);
      if (optimizer_.steps() != before) products_.refresh(false);
      return norm;
    });
  }

  Result<std::vector<float>> logits(const Batch& batch) override {
    return guarded([&]() -> Result<std::vector<float>> {
      TRY_ASSIGN(const std::vector<float> given, features(batch));
      return logits_of_features(given);
    });
  }

  Result<std::vector<float>> features(const Batch& batch) override {
    return guarded([&]() -> Result<std::vector<float>> {
      TRY(check_features(options_, 0, nullptr));
      TRY(check_batch(options_, batch, Use::score));
      use_threads();
      const Pass pass = plan(batch);
      const float* found = features_of(batch, encoder_.forward(pass));
      return std::vector<float>(found, found + static_cast<int64_t>(batch.texts()) * options_.shape.hidden);
    });
  }

  Result<std::vector<float>> logits_of_features(const std::vector<float>& features) override {
    return guarded([&]() -> Result<std::vector<float>> {
      TRY(check_features(options_, features.size(), nullptr));
      use_threads();
      const auto texts = static_cast<int64_t>(features.size()) / options_.shape.hidden;
      const float* found = head_.forward(texts, features.data(), nullptr);
      return std::vector<float>(found, found + texts * options_.classes);
    });
  }

  Result<finetune::Tensors> parameters() override {
    finetune::Tensors all;
    for (const Parameter& p : layout_.parameters) all[p.name] = view(p, weights_ + p.offset);
    return all;
  }
  Result<finetune::Tensors> gradients() override { return optimizer_.gradients_by_name(); }
  Result<finetune::Tensors> moments() override { return optimizer_.moments(); }
  int64_t steps() const override { return optimizer_.steps(); }

  std::unique_ptr<finetune::Network> twin(int threads) const override {
    finetune::NetworkOptions options = options_;
    options.threads = threads;
    return std::make_unique<CpuNetwork<T>>(std::move(options), shared_);
  }

  Status restore(const finetune::Tensors& parameters, const finetune::Tensors* moments, int64_t steps) override {
    return guarded([&]() -> Status {
      for (const Parameter& p : layout_.parameters)
        if (const auto found = parameters.find(p.name); found != parameters.end()) TRY(copy_tensor(p, p.name, found->second, weights_ + p.offset));
      TRY(optimizer_.restore(moments, steps));
      products_.refresh(true);
      return {};
    });
  }

 private:
  void use_threads() const {
    const int wanted = options_.threads > 0 ? options_.threads : static_cast<int>(processors());
    if (at::get_num_threads() != wanted) at::set_num_threads(wanted);
  }
  Status check_learning() const {
    if (!optimizer_.learns()) {
      Error error = stage_error("this encoder was made to score, not to learn");
      error.kind = ErrorKind::internal;
      return error;
    }
    return {};
  }
  LossOptions loss_options(double share) const { return {options_.label_smoothing, &options_.class_weights, share}; }

  Pass plan(const Batch& batch) const {
    Pass pass{batch, false, 0, {}, {}};
    if (options_.objective == Objective::masked_language) {
      pass.needed = batch.positions;
      for (size_t text = 0; text < batch.texts(); ++text)
        pass.needed_end.push_back(
            static_cast<int32_t>(std::lower_bound(batch.positions.begin(), batch.positions.end(), batch.starts[text + 1]) - batch.positions.begin()));
    } else if (options_.pooling == Pooling::cls) {
      pass.needed.assign(batch.starts.begin(), batch.starts.end() - 1);
      for (size_t text = 0; text < batch.texts(); ++text) pass.needed_end.push_back(static_cast<int32_t>(text) + 1);
    }
    return pass;
  }
  const float* features_of(const Batch& batch, const float* states) {
    if (options_.pooling == Pooling::cls) return states;
    float* means = means_.hold(static_cast<int64_t>(batch.texts()) * options_.shape.hidden);
    mean_rows(batch, options_.shape.hidden, states, means);
    return means;
  }
  const T* states_t(const float* states) {
    if constexpr (std::is_same_v<T, float>) return states;
    else return encoder_.states_t();
  }

  static weights::Tensor view(const Parameter& p, const float* values) {
    return {weights::Dtype::f32, p.shape, {reinterpret_cast<const char*>(values), static_cast<size_t>(p.count) * sizeof(float)}};
  }
  finetune::NetworkOptions options_;
  std::shared_ptr<Shared<T>> shared_;
  const Layout& layout_;
  float* weights_;
  ProductWeights<T>& products_;
  Encoder<T> encoder_;
  ClassifierHead head_;
  MaskedHead<T> masked_;
  Optimizer optimizer_;
  Buffer<float> dstates_, means_;
};

template <typename T>
Result<std::unique_ptr<NetworkWithGradients>> make(const finetune::NetworkOptions& options, const finetune::Tensors& weights, uint64_t seed) {
  TRY_ASSIGN(Layout layout, lay_out(options));
  auto network = std::make_unique<CpuNetwork<T>>(options, std::make_shared<Shared<T>>(options, std::move(layout)));
  TRY(network->fill_in(weights, seed));
  return std::unique_ptr<NetworkWithGradients>(std::move(network));
}

}  // namespace

Result<std::unique_ptr<NetworkWithGradients>> make_cpu_network(const finetune::NetworkOptions& options, const finetune::Tensors& weights, uint64_t seed) {
  return guarded([&] { return options.precision == finetune::Precision::bf16 ? make<Bf16>(options, weights, seed) : make<float>(options, weights, seed); });
}

}  // namespace mlopsctl::torch_cpu
