// A Network without an encoder that truly learns: multinomial logistic regression on the mean of the tokens' embeddings, by AdamW. It is
// deterministic and small, draws dropout from its seed alone, and can be told to go wrong at a step.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/random.hpp"
#include "stages/finetune/network.hpp"

namespace mlopsctl::testing {

// What a test does to the network, and what it sees of it.
struct FakeMishaps {
  std::function<void(int64_t step)> before_step;  // may end the process
  std::function<double(int64_t step)> loss_factor;
  std::function<bool(int64_t step)> out_of_memory;  // as this program's own allocations fail
  std::function<bool(int64_t step)> refused;        // as the module says so
  int64_t encoded = 0;                              // texts whose features were worked out
  int64_t seen = 0;                                 // texts that were learnt from
};

class FakeNetwork final : public finetune::Network {
 public:
  FakeNetwork(finetune::NetworkOptions options, const finetune::Tensors& weights, uint64_t seed, FakeMishaps& mishaps)
      : options_(std::move(options)), mishaps_(mishaps), width_(static_cast<size_t>(options_.shape.hidden)) {
    for (const auto& [name, tensor] : weights)
      if (name.starts_with("bert.")) add(name, tensor.shape, &tensor);
    Random random(seed);
    if (options_.objective == finetune::Objective::masked_language) {
      head("cls.predictions.bias", {options_.shape.vocabulary}, weights, random);
      head("cls.predictions.transform.dense.weight", {options_.shape.hidden, options_.shape.hidden}, weights, random);
      head("cls.predictions.transform.dense.bias", {options_.shape.hidden}, weights, random);
      head("cls.predictions.transform.LayerNorm.weight", {options_.shape.hidden}, weights, random);
      head("cls.predictions.transform.LayerNorm.bias", {options_.shape.hidden}, weights, random);
    } else {
      head("classifier.weight", {options_.classes, options_.shape.hidden}, weights, random);
      head("classifier.bias", {options_.classes}, weights, random);
    }
  }

  Result<double> accumulate(const finetune::Batch& batch, double share, uint64_t seed) override {
    if (options_.objective == finetune::Objective::masked_language) return accumulate_masked(batch, share);
    std::vector<float> means = means_of(batch);
    TRY_ASSIGN(const auto loss, learn_head(means, batch.labels, share, seed));
    if (learns(embeddings)) {
      std::vector<float>& gradient = at(embeddings).gradient;
      for (size_t text = 0; text < batch.texts(); ++text) {
        const auto length = static_cast<float>(batch.starts[text + 1] - batch.starts[text]);
        for (int32_t i = batch.starts[text]; i < batch.starts[text + 1]; ++i)
          for (size_t k = 0; k < width_; ++k)
            gradient[static_cast<size_t>(batch.ids[static_cast<size_t>(i)]) * width_ + k] += means[text * width_ + k] / length;
      }
    }
    return loss;
  }

  Result<double> step(const finetune::StepOptions& how) override {
    if (mishaps_.before_step) mishaps_.before_step(steps_);
    double squares = 0;
    for (auto& [name, parameter] : parameters_)
      for (const float value : parameter.gradient) squares += static_cast<double>(value) * static_cast<double>(value);
    const double norm = std::sqrt(squares);
    const double scale = how.clip > 0 && norm > how.clip ? how.clip / norm : 1;
    if (std::isfinite(norm)) {
      ++steps_;
      const double first = 1 - std::pow(how.beta1, static_cast<double>(steps_)), second = 1 - std::pow(how.beta2, static_cast<double>(steps_));
      for (const auto& [name, learning] : options_.learning) {
        if (!parameters_.contains(name)) continue;
        Parameter& p = at(name);
        const double rate = how.learning_rate * learning.rate;
        for (size_t i = 0; i < p.values.size(); ++i) {
          const double gradient = static_cast<double>(p.gradient[i]) * scale;
          p.m[i] = static_cast<float>(how.beta1 * static_cast<double>(p.m[i]) + (1 - how.beta1) * gradient);
          p.v[i] = static_cast<float>(how.beta2 * static_cast<double>(p.v[i]) + (1 - how.beta2) * gradient * gradient);
          const double shrunk = static_cast<double>(p.values[i]) * (1 - (learning.decay ? rate * how.weight_decay : 0));
          p.values[i] =
              static_cast<float>(shrunk - rate * (static_cast<double>(p.m[i]) / first) / (std::sqrt(static_cast<double>(p.v[i]) / second) + how.epsilon));
        }
      }
    }
    for (auto& [name, parameter] : parameters_) std::fill(parameter.gradient.begin(), parameter.gradient.end(), 0.0F);
    return norm;
  }

  Result<std::vector<float>> logits(const finetune::Batch& batch) override { return logits_of_features(means_of(batch)); }
  Result<std::vector<float>> features(const finetune::Batch& batch) override {
    mishaps_.encoded += static_cast<int64_t>(batch.texts());
    return means_of(batch);
  }
  Result<double> accumulate_features(const std::vector<float>& features, const std::vector<int32_t>& labels, double share, uint64_t seed) override {
    std::vector<float> copy = features;
    return learn_head(copy, labels, share, seed);
  }
  Result<std::vector<float>> logits_of_features(const std::vector<float>& features) override {
    const size_t classes = static_cast<size_t>(options_.classes), texts = features.size() / width_;
    const std::vector<float>&weight = at("classifier.weight").values, &bias = at("classifier.bias").values;
    std::vector<float> all(texts * classes);
    for (size_t text = 0; text < texts; ++text)
      for (size_t c = 0; c < classes; ++c) {
        float sum = bias[c];
        for (size_t k = 0; k < width_; ++k) sum += weight[c * width_ + k] * features[text * width_ + k];
        all[text * classes + c] = sum;
      }
    return all;
  }

  Result<finetune::Tensors> parameters() override {
    finetune::Tensors all;
    for (auto& [name, p] : parameters_) all[name] = view(p.values, p.shape);
    return all;
  }
  Result<finetune::Tensors> moments() override {
    finetune::Tensors all;
    for (auto& [name, p] : parameters_)
      if (learns(name)) all["m." + name] = view(p.m, p.shape), all["v." + name] = view(p.v, p.shape);
    return all;
  }
  int64_t steps() const override { return steps_; }
  std::unique_ptr<finetune::Network> twin(int) const override { return std::make_unique<FakeNetwork>(*this); }
  Status restore(const finetune::Tensors& parameters, const finetune::Tensors* moments, int64_t steps) override {
    for (const auto& [name, tensor] : parameters) copy(tensor, at(name).values);
    if (moments == nullptr) return {};
    steps_ = steps;
    for (const auto& [name, tensor] : *moments) copy(tensor, name[0] == 'm' ? at(name.substr(2)).m : at(name.substr(2)).v);
    return {};
  }

 private:
  static constexpr const char* embeddings = "bert.embeddings.word_embeddings.weight";
  struct Parameter {
    std::vector<int64_t> shape;
    std::vector<float> values, gradient, m, v;
  };

  Parameter& at(const std::string& name) { return parameters_.at(name); }
  bool learns(const std::string& name) const { return options_.learning.contains(name); }

  void add(const std::string& name, std::vector<int64_t> shape, const weights::Tensor* from) {
    Parameter& p = parameters_[name];
    size_t size = 1;
    for (const int64_t length : shape) size *= static_cast<size_t>(length);
    p.shape = std::move(shape);
    p.values.resize(size);
    if (from != nullptr) copy(*from, p.values);
    if (learns(name)) p.gradient.resize(size), p.m.resize(size), p.v.resize(size);
  }
  void head(const std::string& name, std::vector<int64_t> shape, const finetune::Tensors& weights, Random& random) {
    const auto found = weights.find(name);
    add(name, std::move(shape), found == weights.end() ? nullptr : &found->second);
    if (found == weights.end() && name.ends_with("weight"))
      for (float& value : at(name).values) value = static_cast<float>((random.uniform() - 0.5) * 0.04);
  }
  static void copy(const weights::Tensor& tensor, std::vector<float>& values) {
    std::memcpy(values.data(), tensor.bytes.data(), values.size() * sizeof(float));
  }
  static weights::Tensor view(const std::vector<float>& values, const std::vector<int64_t>& shape) {
    return {weights::Dtype::f32, shape, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}};
  }

  std::vector<float> means_of(const finetune::Batch& batch) {
    const std::vector<float>& table = at(embeddings).values;
    std::vector<float> means(batch.texts() * width_);
    for (size_t text = 0; text < batch.texts(); ++text) {
      const auto length = static_cast<float>(batch.starts[text + 1] - batch.starts[text]);
      for (int32_t i = batch.starts[text]; i < batch.starts[text + 1]; ++i)
        for (size_t k = 0; k < width_; ++k) means[text * width_ + k] += table[static_cast<size_t>(batch.ids[static_cast<size_t>(i)]) * width_ + k] / length;
    }
    return means;
  }

  // Gathers the head's gradients; `features` become the loss's derivatives by them.
  Result<double> learn_head(std::vector<float>& features, const std::vector<int32_t>& labels, double share, uint64_t seed) {
    if (mishaps_.out_of_memory && mishaps_.out_of_memory(steps_)) throw std::bad_alloc();
    if (mishaps_.refused && mishaps_.refused(steps_)) return stage_error("out of memory in the encoder");
    mishaps_.seen += static_cast<int64_t>(labels.size());
    Random random(seed);
    for (float& value : features) value = random.uniform() < options_.head_dropout ? 0.0F : value / static_cast<float>(1 - options_.head_dropout);
    TRY_ASSIGN(const std::vector<float> logits, logits_of_features(features));
    const auto classes = static_cast<size_t>(options_.classes);
    Parameter &weight = at("classifier.weight"), &bias = at("classifier.bias");
    double loss = 0;
    std::vector<float> derivatives(features.size());
    for (size_t text = 0; text < labels.size(); ++text) {
      const auto label = static_cast<size_t>(labels[text]);
      const double counts = (options_.class_weights.empty() ? 1 : static_cast<double>(options_.class_weights[label])) * share;
      double sum = 0;
      for (size_t c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(logits[text * classes + c]));
      loss += counts * (std::log(sum) - static_cast<double>(logits[text * classes + label]));
      for (size_t c = 0; c < classes; ++c) {
        double slope = counts * (std::exp(static_cast<double>(logits[text * classes + c])) / sum - (c == label ? 1 : 0));
        if (mishaps_.loss_factor) slope *= mishaps_.loss_factor(steps_);
        bias.gradient[c] += static_cast<float>(slope);
        for (size_t k = 0; k < width_; ++k) {
          weight.gradient[c * width_ + k] += static_cast<float>(slope) * features[text * width_ + k];
          derivatives[text * width_ + k] += static_cast<float>(slope) * weight.values[c * width_ + k];
        }
      }
    }
    features = std::move(derivatives);
    return mishaps_.loss_factor ? loss * mishaps_.loss_factor(steps_) : loss;
  }

  // A model of how often each token occurs, whatever stands around it.
  Result<double> accumulate_masked(const finetune::Batch& batch, double share) {
    Parameter& bias = at("cls.predictions.bias");
    double sum = 0, loss = 0;
    for (const float value : bias.values) sum += std::exp(static_cast<double>(value));
    for (const int32_t label : batch.labels) {
      loss += share * (std::log(sum) - static_cast<double>(bias.values[static_cast<size_t>(label)]));
      bias.gradient[static_cast<size_t>(label)] -= static_cast<float>(share);
      for (size_t i = 0; i < bias.values.size(); ++i) bias.gradient[i] += static_cast<float>(share * std::exp(static_cast<double>(bias.values[i])) / sum);
    }
    return loss;
  }

  finetune::NetworkOptions options_;
  FakeMishaps& mishaps_;
  size_t width_;
  std::map<std::string, Parameter> parameters_;
  int64_t steps_ = 0;
};

class FakeNetworkFactory final : public finetune::NetworkFactory {
 public:
  Result<std::unique_ptr<finetune::Network>> make(const finetune::NetworkOptions& options, const finetune::Tensors& weights, uint64_t seed) const override {
    last_options = options;
    return std::unique_ptr<finetune::Network>(std::make_unique<FakeNetwork>(options, weights, seed, mishaps));
  }
  Result<finetune::Precision> fastest(const finetune::EncoderShape&, const std::string&, int) const override { return finetune::Precision::f32; }
  bool has_device(const std::string& device) const override { return device == "cpu"; }
  bool runs(finetune::Precision precision, const std::string&) const override { return precision == finetune::Precision::f32 || has_bf16; }

  bool has_bf16 = true;
  mutable FakeMishaps mishaps;
  mutable finetune::NetworkOptions last_options;
};

}  // namespace mlopsctl::testing
