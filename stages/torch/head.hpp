// The classification head (pooler or mean, dropout, classifier), in f32: it is a thousandth of the work.
#pragma once

#include "stages/torch/buffer.hpp"
#include "stages/torch/encoder.hpp"

namespace mlopsctl::torch_cpu {

class ClassifierHead {
 public:
  ClassifierHead(const finetune::NetworkOptions& options, const Layout& layout, const float* weights) : options_(options), layout_(layout), weights_(weights) {}

  // features: texts x hidden, the last state of [CLS] or the mean. Returns texts x classes. With `seed`, as in training.
  float* forward(int64_t texts, const float* features, const uint64_t* seed);
  // After forward(): from the gradient of the logits to that of the features; adds the parameters'. Null when `features_too` is false.
  float* backward(int64_t texts, const float* features, const float* dlogits, const uint64_t& seed, float* gradients, bool features_too);

 private:
  Weight<float> weight(size_t part) const { return {layout_[part].shape[0], layout_[part].shape[1], weights_ + layout_[part].offset}; }

  const finetune::NetworkOptions& options_;
  const Layout& layout_;
  const float* weights_;
  Buffer<float> pooled_, dropped_, logits_, dpooled_, dfeatures_;
};

// Means of the rows of each text, and the way back.
void mean_rows(const finetune::Batch& batch, int64_t hidden, const float* states, float* means);
void mean_rows_back(const finetune::Batch& batch, int64_t hidden, const float* dmeans, float* dstates);

}  // namespace mlopsctl::torch_cpu
