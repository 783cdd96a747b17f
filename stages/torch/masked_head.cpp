#include "stages/torch/masked_head.hpp"

#include <type_traits>

namespace mlopsctl::torch_cpu {
namespace {
constexpr int64_t kSlice = 128;
}

template <typename T>
double MaskedHead<T>::learn(int64_t rows, const T* states, const int32_t* labels, double share, float* gradients, float* dstates) {
  const int64_t hidden = options_.shape.hidden, words = options_.shape.vocabulary;
  const Activation activation = options_.shape.activation == "relu"       ? Activation::relu
                                : options_.shape.activation == "gelu_new" ? Activation::gelu_new
                                                                          : Activation::gelu;
  const auto at = [&](size_t part) { return weights_ + layout_[part].offset; };
  const auto into = [&](size_t part) { return gradients + layout_[part].offset; };
  const auto& k = kernels<T>();
  const NormInputs norm{rows, hidden, at(layout_.transform_gamma), at(layout_.transform_beta), static_cast<float>(options_.shape.layer_norm_epsilon)};
  const Weight<T> transform = products_[layout_.transform], decoder = products_[layout_.word];
  const int64_t room = padded_rows(rows);

  float* dense = hidden_.hold(room * hidden);
  apply(transform, rows, states, dense);
  T *kept = kept_.hold(rows * hidden), *active = active_.hold(rows * hidden), *normed_t = normed_t_.hold(room * hidden);
  k.activate(rows, hidden, activation, dense, at(layout_.transform_bias), kept, active);
  for (int64_t i = 0; i < rows * hidden; ++i) {  // LayerNorm takes f32
    if constexpr (std::is_same_v<T, float>) dense[i] = active[i];
    else dense[i] = std::bit_cast<float>(static_cast<uint32_t>(active[i].bits) << 16);
  }
  float* normed = normed_.hold(room * hidden);
  if constexpr (std::is_same_v<T, float>) normed_t = normed;
  k.norm(norm, dense, nullptr, {}, 0, nullptr, {}, normed, normed_t, mean_.hold(rows), rstd_.hold(rows));

  double loss = 0;
  float* dnormed = dnormed_.hold(room * hidden);
  for (int64_t first = 0; first < rows; first += kSlice) {
    const int64_t count = std::min(kSlice, rows - first);
    const T* slice = normed_t + first * hidden;
    float* scores = scores_.hold(padded_rows(count) * words);
    apply(decoder, count, slice, scores);
    const float* bias = at(layout_.decoder_bias);
    for_rows(count, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row)
        for (int64_t i = 0; i < words; ++i) scores[row * words + i] += bias[i];
    });
    loss += cross_entropy(count, words, labels + first, {0, nullptr, share}, scores);
    T* dscores = dscores_.hold(padded_rows(count) * words);
    k.convert(count * words, scores, dscores);
    kernels<float>().add_columns(count, words, scores, into(layout_.decoder_bias));
    if (layout_.learns(layout_.word)) add_gradient(count, words, dscores, hidden, slice, into(layout_.word));
    apply_back(decoder, count, dscores, dnormed + first * hidden, false);
  }

  float* dhidden = dhidden_.hold(rows * hidden);
  k.norm_back(norm, dense, {}, 0, {}, dnormed, mean_.get(), rstd_.get(), dhidden, nullptr, into(layout_.transform_gamma), into(layout_.transform_beta),
              nullptr);
  T* dkept = dkept_.hold(room * hidden);
  k.activate_back(rows, hidden, activation, dhidden, kept, active, dkept, into(layout_.transform_bias));
  add_gradient(rows, hidden, dkept, hidden, states, into(layout_.transform));
  apply_back(transform, rows, dkept, dstates, false);
  return loss;
}

template class MaskedHead<float>;
template class MaskedHead<Bf16>;

}  // namespace mlopsctl::torch_cpu
