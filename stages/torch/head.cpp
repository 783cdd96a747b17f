#include "stages/torch/head.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

namespace mlopsctl::torch_cpu {

float* ClassifierHead::forward(int64_t texts, const float* features, const uint64_t* seed) {
  const int64_t hidden = options_.shape.hidden, classes = options_.classes;
  float* pooled = pooled_.hold(texts * hidden);
  if (options_.pooling == finetune::Pooling::cls) {
    apply(weight(layout_.pooler), texts, features, pooled);
    const float* bias = weights_ + layout_[layout_.pooler_bias].offset;
    for (int64_t i = 0; i < texts * hidden; ++i) pooled[i] = std::tanh(pooled[i] + bias[i % hidden]);
  } else {
    std::copy_n(features, texts * hidden, pooled);
  }
  float* dropped = dropped_.hold(texts * hidden);
  std::copy_n(pooled, texts * hidden, dropped);
  if (seed != nullptr)
    plain_kernels().drop(texts * hidden, dropout_at(*seed, static_cast<int>(options_.shape.layers), Site::head, options_.head_dropout), dropped);
  float* logits = logits_.hold(texts * classes);
  apply(weight(layout_.classifier), texts, dropped, logits);
  const float* bias = weights_ + layout_[layout_.classifier_bias].offset;
  for (int64_t i = 0; i < texts * classes; ++i) logits[i] += bias[i % classes];
  return logits;
}

float* ClassifierHead::backward(int64_t texts, const float* features, const float* dlogits, const uint64_t& seed, float* gradients, bool features_too) {
  const int64_t hidden = options_.shape.hidden, classes = options_.classes;
  const auto into = [&](size_t part) { return gradients + layout_[part].offset; };
  add_gradient(texts, classes, dlogits, hidden, dropped_.get(), into(layout_.classifier));
  for (int64_t i = 0; i < texts * classes; ++i) into(layout_.classifier_bias)[i % classes] += dlogits[i];
  const bool pooler = options_.pooling == finetune::Pooling::cls;
  if (!features_too && !(pooler && (layout_.learns(layout_.pooler) || layout_.learns(layout_.pooler_bias)))) return nullptr;
  float* dpooled = dpooled_.hold(texts * hidden);
  apply_back(weight(layout_.classifier), texts, dlogits, dpooled, false);
  plain_kernels().drop(texts * hidden, dropout_at(seed, static_cast<int>(options_.shape.layers), Site::head, options_.head_dropout), dpooled);
  if (!pooler) return dpooled;
  for (int64_t i = 0; i < texts * hidden; ++i) {
    dpooled[i] *= 1 - pooled_.get()[i] * pooled_.get()[i];
    into(layout_.pooler_bias)[i % hidden] += dpooled[i];
  }
  add_gradient(texts, hidden, dpooled, hidden, features, into(layout_.pooler));
  if (!features_too) return nullptr;
  float* dfeatures = dfeatures_.hold(texts * hidden);
  apply_back(weight(layout_.pooler), texts, dpooled, dfeatures, false);
  return dfeatures;
}

void mean_rows(const finetune::Batch& batch, int64_t hidden, const float* states, float* means) {
  at::parallel_for(0, static_cast<int64_t>(batch.texts()), 8, [&](int64_t begin, int64_t end) {
    for (int64_t text = begin; text < end; ++text) {
      float* mean = means + text * hidden;
      std::fill_n(mean, hidden, 0.0F);
      const int32_t first = batch.starts[static_cast<size_t>(text)], after = batch.starts[static_cast<size_t>(text) + 1];
      for (int32_t row = first; row < after; ++row)
        for (int64_t i = 0; i < hidden; ++i) mean[i] += states[row * hidden + i];
      for (int64_t i = 0; i < hidden; ++i) mean[i] /= static_cast<float>(after - first);
    }
  });
}

void mean_rows_back(const finetune::Batch& batch, int64_t hidden, const float* dmeans, float* dstates) {
  for (size_t text = 0; text < batch.texts(); ++text) {
    const int32_t first = batch.starts[text], after = batch.starts[text + 1];
    const float share = 1.0F / static_cast<float>(after - first);
    for (int32_t row = first; row < after; ++row)
      for (int64_t i = 0; i < hidden; ++i) dstates[row * hidden + i] = dmeans[static_cast<int64_t>(text) * hidden + i] * share;
  }
}

}  // namespace mlopsctl::torch_cpu
