#include "stages/torch/device_encoder.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/tanh.h>

#include <algorithm>

namespace mlopsctl::torch_cpu {
namespace {

int64_t longest(const finetune::Batch& batch) {
  int64_t most = 1;
  for (size_t text = 0; text < batch.texts(); ++text) most = std::max<int64_t>(most, batch.starts[text + 1] - batch.starts[text]);
  return most;
}

}  // namespace

at::Tensor DeviceEncoder::on_device(const std::vector<int64_t>& values) const {
  return at::from_blob(const_cast<int64_t*>(values.data()), {static_cast<int64_t>(values.size())}, at::kLong).to(device_, at::kLong, false, true);
}

at::Tensor DeviceEncoder::product(const at::Tensor& x, size_t weight, size_t bias) const {
  if (options_.precision == finetune::Precision::f32) return at::linear(x, at(weight), at(bias));
  return at::linear(x.to(at::kBFloat16), at(weight).to(at::kBFloat16)).to(at::kFloat) + at(bias);
}

at::Tensor DeviceEncoder::normed(const at::Tensor& x, size_t gamma, size_t beta) const {
  return at::layer_norm(x, {options_.shape.hidden}, at(gamma), at(beta), options_.shape.layer_norm_epsilon);
}

at::Tensor DeviceEncoder::activated(const at::Tensor& x) const {
  if (options_.shape.activation == "relu") return at::relu(x);
  return at::gelu(x, options_.shape.activation == "gelu_new" ? "tanh" : "none");
}

at::Tensor DeviceEncoder::attended(const at::Tensor& x, const LayerParts& parts, const at::Tensor& mask, bool training) const {
  const int64_t heads = options_.shape.heads, size = options_.shape.hidden / heads;
  const auto split = [&](size_t weight, size_t bias) {
    const at::Tensor all = product(x, weight, bias).view({x.size(0), x.size(1), heads, size}).transpose(1, 2);
    return options_.precision == finetune::Precision::f32 ? all : all.to(at::kBFloat16);
  };
  const at::Tensor found = at::scaled_dot_product_attention(split(parts.query, parts.query_bias), split(parts.key, parts.key_bias),
                                                            split(parts.value, parts.value_bias), mask, training ? options_.attention_dropout : 0.0);
  return found.transpose(1, 2).reshape({x.size(0), x.size(1), options_.shape.hidden}).to(at::kFloat);
}

at::Tensor DeviceEncoder::states(const finetune::Batch& batch, bool training) const {
  const auto texts = static_cast<int64_t>(batch.texts());
  const int64_t width = longest(batch);
  std::vector<int64_t> ids(static_cast<size_t>(texts * width)), there(ids.size());
  for (size_t text = 0; text < batch.texts(); ++text)
    for (int64_t from = batch.starts[text], i = from; i < batch.starts[text + 1]; ++i) {
      const size_t place = text * static_cast<size_t>(width) + static_cast<size_t>(i - from);
      ids[place] = batch.ids[static_cast<size_t>(i)];
      there[place] = 1;
    }
  const at::Tensor mask = on_device(there).view({texts, 1, 1, width}).to(at::kBool).expand({texts, 1, width, width});
  const at::Tensor places = at::arange(width, at::TensorOptions(device_).dtype(at::kLong));
  at::Tensor x = at::embedding(at(layout_.word), on_device(ids).view({texts, width})) + at::embedding(at(layout_.position), places) + at(layout_.type)[0];
  const auto dropped = [&](const at::Tensor& values) { return at::dropout(values, options_.hidden_dropout, training); };
  x = dropped(normed(x, layout_.embedding_gamma, layout_.embedding_beta));
  for (const LayerParts& parts : layout_.layers) {
    x = normed(x + dropped(product(attended(x, parts, mask, training), parts.out, parts.out_bias)), parts.out_gamma, parts.out_beta);
    const at::Tensor wide = activated(product(x, parts.up, parts.up_bias));
    x = normed(x + dropped(product(wide, parts.down, parts.down_bias)), parts.gamma, parts.beta);
  }
  return x;
}

at::Tensor DeviceEncoder::features(const finetune::Batch& batch, bool training) const {
  const at::Tensor x = states(batch, training);
  if (options_.pooling == finetune::Pooling::cls) return x.select(1, 0);
  std::vector<int64_t> lengths;
  for (size_t text = 0; text < batch.texts(); ++text) lengths.push_back(batch.starts[text + 1] - batch.starts[text]);
  const at::Tensor counts = on_device(lengths).unsqueeze(1);
  const at::Tensor there = at::arange(x.size(1), at::TensorOptions(device_).dtype(at::kLong)).unsqueeze(0).lt(counts).unsqueeze(2);
  return (x * there).sum(1) / counts;
}

at::Tensor DeviceEncoder::logits(const at::Tensor& features, bool training) const {
  at::Tensor pooled = features;
  if (options_.pooling == finetune::Pooling::cls) pooled = at::tanh(at::linear(features, at(layout_.pooler), at(layout_.pooler_bias)));
  return at::linear(at::dropout(pooled, options_.head_dropout, training), at(layout_.classifier), at(layout_.classifier_bias));
}

at::Tensor DeviceEncoder::words(const finetune::Batch& batch, bool training) const {
  const int64_t width = longest(batch);
  std::vector<int64_t> chosen;
  size_t text = 0;
  for (const int32_t position : batch.positions) {
    while (position >= batch.starts[text + 1]) ++text;
    chosen.push_back(static_cast<int64_t>(text) * width + position - batch.starts[text]);
  }
  const at::Tensor x = states(batch, training).reshape({-1, options_.shape.hidden}).index_select(0, on_device(chosen));
  const at::Tensor transformed = normed(activated(product(x, layout_.transform, layout_.transform_bias)), layout_.transform_gamma, layout_.transform_beta);
  return product(transformed, layout_.word, layout_.decoder_bias);
}

}  // namespace mlopsctl::torch_cpu
