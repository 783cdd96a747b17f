#include <ATen/Parallel.h>

#include <algorithm>
#include <numeric>
#include <type_traits>

#include "stages/torch/encoder.hpp"

namespace mlopsctl::torch_cpu {

template <typename T>
void Encoder<T>::layer_backward(const Pass& pass, int layer, float* gradients) {
  const auto& s = options_.shape;
  const LayerParts& parts = layout_.layers[static_cast<size_t>(layer)];
  Save& kept = saves_[static_cast<size_t>(layer)];
  const bool last = layer + 1 == s.layers;
  const int64_t tokens = static_cast<int64_t>(pass.batch.tokens()), rows = last ? pass.rows() : tokens, hidden = s.hidden, wide = s.intermediate;
  const int64_t room = padded_rows(rows);
  const auto into = [&](size_t part) { return gradients + layout_[part].offset; };
  const auto dropout = [&](Site site, double rate) { return dropout_at(pass.seed, layer, site, rate); };
  float* gradient = gradient_.get();
  T* dproduct = dproduct_.hold(room * hidden);

  // dgamma, dbeta and the bias before it, side by side
  std::vector<float> sums(static_cast<size_t>(3 * hidden));
  const auto norm_back = [&](const Buffer<float>& sum, const Buffer<float>& mean, const Buffer<float>& rstd, size_t gamma, size_t beta, size_t bias,
                             Dropout dropped) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    sum_rows(
        rows, 3 * hidden,
        [&](int64_t begin, int64_t end, float* part) {
          kernels<T>().norm_back(norm_inputs(end - begin, gamma, beta), sum.get() + begin * hidden, dropped, begin, {}, gradient + begin * hidden,
                                 mean.get() + begin, rstd.get() + begin, gradient + begin * hidden, dproduct + begin * hidden, part, part + hidden,
                                 part + 2 * hidden);
        },
        sums.data());
    for (int64_t i = 0; i < hidden; ++i) {
      into(gamma)[i] += sums[static_cast<size_t>(i)];
      into(beta)[i] += sums[static_cast<size_t>(hidden + i)];
      into(bias)[i] += sums[static_cast<size_t>(2 * hidden + i)];
    }
  };

  norm_back(kept.second_sum, kept.second_mean, kept.second_rstd, parts.gamma, parts.beta, parts.down_bias, dropout(Site::output, options_.hidden_dropout));
  float* dactive = wide_.hold(room * wide);
  apply_back(products_[parts.down], rows, dproduct, dactive, false);
  T *active = active_.hold(room * wide), *dup = dwide_.hold(room * wide);
  sum_rows(
      rows, wide,
      [&](int64_t begin, int64_t end, float* part) {
        kernels<T>().activate_back(end - begin, wide, activation_of(s.activation), dactive + begin * wide, kept.up.get() + begin * wide, active + begin * wide,
                                   dup + begin * wide, part);
      },
      into(parts.up_bias));
  if (layout_.learns(parts.down)) add_gradient(rows, hidden, dproduct, wide, active, into(parts.down));
  if (layout_.learns(parts.up)) add_gradient(rows, wide, dup, hidden, kept.middle.get(), into(parts.up));
  apply_back(products_[parts.up], rows, dup, gradient, true);

  norm_back(kept.first_sum, kept.first_mean, kept.first_rstd, parts.out_gamma, parts.out_beta, parts.out_bias,
            dropout(Site::attention_output, options_.hidden_dropout));
  if (layout_.learns(parts.out)) add_gradient(rows, hidden, dproduct, hidden, kept.context.get(), into(parts.out));
  float* dcontext = wide_.hold(room * hidden);
  apply_back(products_[parts.out], rows, dproduct, dcontext, false);
  T* dqkv = dwide_.hold(padded_rows(tokens) * 3 * hidden);
  attend(pass, parts, kept, dropout(Site::probabilities, options_.attention_dropout), last, dcontext, dqkv);
  sum_rows(
      tokens, 3 * hidden, [&](int64_t begin, int64_t end, float* part) { kernels<T>().add_columns(end - begin, 3 * hidden, dqkv + begin * 3 * hidden, part); },
      into(parts.query_bias));
  if (layout_.learns(parts.query) || layout_.learns(parts.key) || layout_.learns(parts.value))
    add_gradient(tokens, 3 * hidden, dqkv, hidden, kept.input.get(), into(parts.query));
  if (layer == std::max(0, layout_.lowest_learning) && layout_.lowest_learning >= 0) return;
  if (last && !pass.all()) {
    float* full = next_gradient_.hold_zeros(padded_rows(tokens) * hidden);
    for (int64_t row = 0; row < rows; ++row) std::copy_n(gradient + row * hidden, hidden, full + pass.needed[static_cast<size_t>(row)] * hidden);
    std::swap(gradient_, next_gradient_);
    gradient = full;
  }
  apply_back(products_[parts.query], tokens, dqkv, gradient, true);
}

template <typename T>
void Encoder<T>::embed_backward(const Pass& pass, float* gradients) {
  const int64_t tokens = static_cast<int64_t>(pass.batch.tokens()), hidden = options_.shape.hidden;
  float* gradient = gradient_.get();
  const Dropout dropout = dropout_at(pass.seed, -1, Site::embeddings, options_.hidden_dropout);
  std::vector<float> sums(static_cast<size_t>(2 * hidden));
  sum_rows(
      tokens, 2 * hidden,
      [&](int64_t begin, int64_t end, float* part) {
        kernels<T>().norm_back(norm_inputs(end - begin, layout_.embedding_gamma, layout_.embedding_beta), embedding_sum_.get() + begin * hidden, {}, begin,
                               dropout, gradient + begin * hidden, embedding_mean_.get() + begin, embedding_rstd_.get() + begin, gradient + begin * hidden,
                               nullptr, part, part + hidden, nullptr);
      },
      sums.data());
  const auto into = [&](size_t part) { return gradients + layout_[part].offset; };
  for (int64_t i = 0; i < hidden; ++i) {
    into(layout_.embedding_gamma)[i] += sums[static_cast<size_t>(i)];
    into(layout_.embedding_beta)[i] += sums[static_cast<size_t>(hidden + i)];
  }
  // Rows of a table, each summed by one thread in the order of the tokens.
  std::vector<int32_t> order(pass.batch.tokens());
  const auto scatter = [&](const std::vector<int32_t>& rows, float* to) {
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return rows[static_cast<size_t>(a)] < rows[static_cast<size_t>(b)]; });
    at::parallel_for(0, tokens, 64, [&](int64_t begin, int64_t end) {
      const auto row = [&](int64_t i) { return rows[static_cast<size_t>(order[static_cast<size_t>(i)])]; };
      while (begin > 0 && begin < end && row(begin) == row(begin - 1)) ++begin;  // the thread before this one has it
      if (begin == end) return;
      for (int64_t i = begin; i < tokens && (i < end || row(i) == row(i - 1)); ++i) {
        float* sum = to + row(i) * hidden;
        const float* from = gradient + order[static_cast<size_t>(i)] * hidden;
        for (int64_t column = 0; column < hidden; ++column) sum[column] += from[column];
      }
    });
  };
  if (layout_.learns(layout_.word)) scatter(pass.batch.ids, into(layout_.word));
  if (layout_.learns(layout_.position)) scatter(places_, into(layout_.position));
  if (layout_.learns(layout_.type))
    sum_rows(
        tokens, hidden, [&](int64_t begin, int64_t end, float* part) { kernels<float>().add_columns(end - begin, hidden, gradient + begin * hidden, part); },
        into(layout_.type));
}

template <typename T>
void Encoder<T>::backward(const Pass& pass, float* gradient, float* gradients) {
  const int64_t hidden = options_.shape.hidden;
  std::copy_n(gradient, pass.rows() * hidden, gradient_.hold(padded_rows(static_cast<int64_t>(pass.batch.tokens())) * hidden));
  for (int layer = static_cast<int>(options_.shape.layers) - 1; layer >= std::max(0, layout_.lowest_learning); --layer) layer_backward(pass, layer, gradients);
  if (layout_.lowest_learning < 0) embed_backward(pass, gradients);
}

template class Encoder<float>;
template class Encoder<Bf16>;

}  // namespace mlopsctl::torch_cpu
