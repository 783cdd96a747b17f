// Encoders for tests: shapes, weights that tests/oracle/encoder.py computes too, batches.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <fstream>
#include <sstream>

#include "pipeline/base/json.hpp"
#include "stages/torch/cpu_network.hpp"
#include "stages/torch/layout.hpp"

namespace mlopsctl::torch_cpu {

using finetune::Batch;
using finetune::NetworkOptions;
using finetune::Tensors;

// splitmix64 of (number << 32 | i), uniform in [-1, 1).
inline float noise(uint64_t number, uint64_t i) {
  uint64_t x = (number << 32) + i + 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  x ^= x >> 31;
  return static_cast<float>(x >> 40) / static_cast<float>(1 << 23) - 1.0F;
}

// Tensors with their memory.
class Owned {
 public:
  void put(const std::string& name, std::vector<int64_t> shape, std::vector<float> values) {
    auto& kept = memory_[name];
    kept = std::move(values);
    tensors[name] = {weights::Dtype::f32, std::move(shape), {reinterpret_cast<const char*>(kept.data()), kept.size() * sizeof(float)}};
  }
  void put(const Tensors& given) {
    for (const auto& [name, tensor] : given) {
      std::vector<float> values(tensor.bytes.size() / sizeof(float));
      std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
      put(name, tensor.shape, std::move(values));
    }
  }
  Tensors tensors;

 private:
  std::map<std::string, std::vector<float>> memory_;
};

inline std::vector<float> floats(const weights::Tensor& tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

inline NetworkOptions tiny_options() {
  NetworkOptions options;
  options.shape = {60, 24, 3, 4, 40, 40, 2, 1e-12, "gelu"};
  options.classes = 3;
  options.threads = 2;
  return options;
}
inline NetworkOptions without_dropout(NetworkOptions options) {
  options.hidden_dropout = options.attention_dropout = options.head_dropout = 0;
  return options;
}
// Everything learns; weight decay but for biases and LayerNorms.
inline NetworkOptions all_learning(NetworkOptions options) {
  options.learning.clear();
  const Result<Layout> layout = lay_out(options);
  EXPECT_TRUE(layout.ok());
  for (const Parameter& p : layout->parameters) options.learning[p.name] = {1, p.name.find("LayerNorm") == std::string::npos && !p.name.ends_with("bias")};
  return options;
}
// As encoder.py's fill(): numbered by the order of the names.
inline void fill_with_noise(const NetworkOptions& options, Owned& to, const std::string& prefix = "") {
  const Result<Layout> layout = lay_out(options);
  ASSERT_TRUE(layout.ok());
  std::map<std::string, const Parameter*> sorted;
  for (const Parameter& p : layout->parameters) sorted[p.name] = &p;
  uint64_t number = 0;
  for (const auto& [name, p] : sorted) {
    std::vector<float> values(static_cast<size_t>(p->count));
    for (size_t i = 0; i < values.size(); ++i) values[i] = name.ends_with("LayerNorm.weight") ? 1 + 0.5F * noise(number, i) : 0.25F * noise(number, i);
    if (name.starts_with(prefix)) to.put(name, p->shape, std::move(values));
    ++number;
  }
}

inline Batch batch_of(const std::vector<std::vector<int32_t>>& texts, std::vector<int32_t> labels = {}) {
  Batch batch;
  for (const auto& text : texts) {
    batch.ids.insert(batch.ids.end(), text.begin(), text.end());
    batch.starts.push_back(static_cast<int32_t>(batch.ids.size()));
  }
  batch.labels = std::move(labels);
  return batch;
}
inline Batch small_batch() {
  return batch_of({{1, 2, 3, 4, 5}, {7}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 10, 11, 12, 13, 14, 15, 16, 17, 18}, {20, 21, 22, 1, 1, 1, 30}}, {0, 2, 1, 1});
}

inline std::unique_ptr<NetworkWithGradients> make_network(const NetworkOptions& options, const Tensors& weights, uint64_t seed = 1) {
  auto network = make_cpu_network(options, weights, seed);
  EXPECT_TRUE(network.ok()) << (network.ok() ? "" : network.error().message);
  return network.ok() ? std::move(*network) : nullptr;
}

}  // namespace mlopsctl::torch_cpu
