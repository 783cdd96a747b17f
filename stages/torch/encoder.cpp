#include "stages/torch/encoder.hpp"

#include <ATen/Parallel.h>

#include <cmath>
#include <type_traits>

namespace mlopsctl::torch_cpu {
namespace {

constexpr int64_t kRowBlock = 32;

// The f32 form of what is kept as T: the same memory for float.
template <typename T>
float* beside(Buffer<T>& kept, Buffer<float>& other, int64_t count) {
  if constexpr (std::is_same_v<T, float>) return kept.hold(count);
  else return other.hold(count);
}

}  // namespace

Dropout dropout_at(uint64_t seed, int layer, Site site, double rate) {
  if (rate <= 0) return {};
  uint64_t key = seed + 0x9e3779b97f4a7c15u * (static_cast<uint64_t>(layer + 2) * 8 + static_cast<uint64_t>(site) + 1);  // splitmix64
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9u;
  key = (key ^ (key >> 27)) * 0x94d049bb133111ebu;
  return {key ^ (key >> 31), static_cast<uint32_t>(std::lround(rate * 4294967296.0)), static_cast<float>(1 / (1 - rate))};
}

void for_rows(int64_t rows, const std::function<void(int64_t, int64_t)>& work) {
  at::parallel_for(0, (rows + kRowBlock - 1) / kRowBlock, 1, [&](int64_t begin, int64_t end) { work(begin * kRowBlock, std::min(rows, end * kRowBlock)); });
}

void sum_rows(int64_t rows, int64_t columns, const std::function<void(int64_t, int64_t, float*)>& work, float* to) {
  thread_local Buffer<float> parts;
  const int64_t blocks = (rows + kRowBlock - 1) / kRowBlock;
  float* sums = parts.hold(blocks * columns);
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    std::fill(sums + begin * columns, sums + end * columns, 0.0F);
    for (int64_t block = begin; block < end; ++block) work(block * kRowBlock, std::min(rows, (block + 1) * kRowBlock), sums + block * columns);
  });
  for (int64_t block = 0; block < blocks; ++block)
    for (int64_t i = 0; i < columns; ++i) to[i] += sums[block * columns + i];
}

template <typename T>
NormInputs Encoder<T>::norm_inputs(int64_t rows, size_t gamma, size_t beta) const {
  return {rows, options_.shape.hidden, at(gamma), at(beta), static_cast<float>(options_.shape.layer_norm_epsilon)};
}

template <typename T>
const T* Encoder<T>::states_t() {
  return saves_.back().input.get();
}

template <typename T>
void Encoder<T>::embed(const Pass& pass) {
  const int64_t tokens = static_cast<int64_t>(pass.batch.tokens()), hidden = options_.shape.hidden;
  places_.resize(pass.batch.tokens());
  for (size_t text = 0; text < pass.batch.texts(); ++text)
    for (int32_t i = pass.batch.starts[text]; i < pass.batch.starts[text + 1]; ++i) places_[static_cast<size_t>(i)] = i - pass.batch.starts[text];
  Save& first = save(pass, 0);
  float* sum = embedding_sum_.hold(tokens * hidden);
  T* out_t = first.input.hold(padded_rows(tokens) * hidden);
  float* out = beside(first.input, stream_, padded_rows(tokens) * hidden);
  float *mean = embedding_mean_.hold(tokens), *rstd = embedding_rstd_.hold(tokens);
  const Dropout dropout = pass.training ? dropout_at(pass.seed, -1, Site::embeddings, options_.hidden_dropout) : Dropout{};
  for_rows(tokens, [&](int64_t begin, int64_t end) {
    kernels<T>().embed(end - begin, hidden, pass.batch.ids.data() + begin, places_.data() + begin, at(layout_.word), at(layout_.position), at(layout_.type),
                       sum + begin * hidden);
    kernels<T>().norm(norm_inputs(end - begin, layout_.embedding_gamma, layout_.embedding_beta), sum + begin * hidden, nullptr, {}, begin, nullptr, dropout,
                      out + begin * hidden, out_t + begin * hidden, mean + begin, rstd + begin);
  });
}

// Forwards when dcontext is null, else back.
template <typename T>
void Encoder<T>::attend(const Pass& pass, const LayerParts& parts, Save& kept, Dropout dropout, bool last, const float* dcontext, T* dqkv) {
  const auto& s = options_.shape;
  const auto texts = static_cast<int64_t>(pass.batch.texts());
  const bool some = last && !pass.all();
  int32_t longest = 1;
  for (size_t text = 0; text < pass.batch.texts(); ++text) longest = std::max(longest, pass.batch.starts[text + 1] - pass.batch.starts[text]);
  const int64_t each = scratch_floats(longest, s.hidden / s.heads);
  float* scratch = scratch_.hold(each * at::get_num_threads());
  at::parallel_for(0, texts * s.heads, 1, [&](int64_t begin, int64_t end) {
    float* own = scratch + each * at::get_thread_num();
    for (int64_t task = begin; task < end; ++task) {
      const auto text = static_cast<size_t>(task / s.heads);
      const int64_t head = task % s.heads, start = pass.batch.starts[text], keys = pass.batch.starts[text + 1] - start;
      int64_t first = start, queries = keys;
      std::vector<int32_t> asked;
      if (some) {
        first = text == 0 ? 0 : pass.needed_end[text - 1];
        queries = pass.needed_end[text] - first;
        for (int64_t i = 0; i < queries; ++i) asked.push_back(pass.needed[static_cast<size_t>(first + i)] - static_cast<int32_t>(start));
      }
      const AttentionShape shape{
          keys, queries, some ? asked.data() : nullptr, s.heads, s.hidden / s.heads, static_cast<uint32_t>(start), static_cast<uint32_t>(s.positions)};
      const float* qkv = kept.qkv.get() + start * 3 * s.hidden;
      float* log_sums = kept.log_sums.get() + first * s.heads;
      if (dcontext == nullptr) kernels<T>().attend(shape, head, qkv, at(parts.query_bias), dropout, kept.context.get() + first * s.hidden, log_sums, own);
      else kernels<T>().attend_back(shape, head, qkv, at(parts.query_bias), dropout, log_sums, dcontext + first * s.hidden, dqkv + start * 3 * s.hidden, own);
    }
  });
}

template <typename T>
void Encoder<T>::layer_forward(const Pass& pass, int layer) {
  const auto& s = options_.shape;
  const LayerParts& parts = layout_.layers[static_cast<size_t>(layer)];
  Save& kept = save(pass, layer);
  const bool last = layer + 1 == s.layers;
  Save& next = last ? saves_.back() : save(pass, layer + 1);
  const int64_t tokens = static_cast<int64_t>(pass.batch.tokens()), rows = last ? pass.rows() : tokens, hidden = s.hidden, wide = s.intermediate;
  const int64_t room = padded_rows(rows);
  const auto dropout = [&](Site site, double rate) { return pass.training ? dropout_at(pass.seed, layer, site, rate) : Dropout{}; };

  apply(products_[parts.query], tokens, kept.input.get(), kept.qkv.hold(padded_rows(tokens) * 3 * hidden));
  T* context = kept.context.hold(room * hidden);
  kept.log_sums.hold(rows * s.heads);
  attend(pass, parts, kept, dropout(Site::probabilities, options_.attention_dropout), last, nullptr, nullptr);

  const float* residual = beside(kept.input, stream_, tokens * hidden);
  if (last && !pass.all()) {
    float* some = gathered_.hold(rows * hidden);
    for (int64_t row = 0; row < rows; ++row) std::copy_n(residual + pass.needed[static_cast<size_t>(row)] * hidden, hidden, some + row * hidden);
    residual = some;
  }
  float* sum = kept.first_sum.hold(room * hidden);
  apply(products_[parts.out], rows, context, sum);
  T* middle_t = kept.middle.hold(room * hidden);
  float* middle = beside(kept.middle, middle_, room * hidden);
  float *mean = kept.first_mean.hold(rows), *rstd = kept.first_rstd.hold(rows);
  const Dropout after_attention = dropout(Site::attention_output, options_.hidden_dropout);
  for_rows(rows, [&](int64_t begin, int64_t end) {
    kernels<T>().norm(norm_inputs(end - begin, parts.out_gamma, parts.out_beta), sum + begin * hidden, at(parts.out_bias), after_attention, begin,
                      residual + begin * hidden, {}, middle + begin * hidden, middle_t + begin * hidden, mean + begin, rstd + begin);
  });

  float* up = wide_.hold(room * wide);
  apply(products_[parts.up], rows, middle_t, up);
  T *up_kept = kept.up.hold(room * wide), *active = active_.hold(room * wide);
  for_rows(rows, [&](int64_t begin, int64_t end) {
    kernels<T>().activate(end - begin, wide, activation_of(s.activation), up + begin * wide, at(parts.up_bias), up_kept + begin * wide, active + begin * wide);
  });
  sum = kept.second_sum.hold(room * hidden);
  apply(products_[parts.down], rows, active, sum);
  T* out_t = next.input.hold(room * hidden);
  float* out = beside(next.input, stream_, room * hidden);
  mean = kept.second_mean.hold(rows);
  rstd = kept.second_rstd.hold(rows);
  const Dropout after_output = dropout(Site::output, options_.hidden_dropout);
  for_rows(rows, [&](int64_t begin, int64_t end) {
    kernels<T>().norm(norm_inputs(end - begin, parts.gamma, parts.beta), sum + begin * hidden, at(parts.down_bias), after_output, begin,
                      middle + begin * hidden, {}, out + begin * hidden, out_t + begin * hidden, mean + begin, rstd + begin);
  });
}

template <typename T>
const float* Encoder<T>::forward(const Pass& pass) {
  embed(pass);
  for (int layer = 0; layer < options_.shape.layers; ++layer) layer_forward(pass, layer);
  return beside(saves_.back().input, stream_, pass.rows() * options_.shape.hidden);
}

template class Encoder<float>;
template class Encoder<Bf16>;

}  // namespace mlopsctl::torch_cpu
