#include "stages/torch/optimizer.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "stages/torch/kernels.hpp"

namespace mlopsctl::torch_cpu {
namespace {

constexpr int64_t kPart = 65536, kGrain = 4096;

weights::Tensor view(const Parameter& p, const float* values) {
  return {weights::Dtype::f32, p.shape, {reinterpret_cast<const char*>(values), static_cast<size_t>(p.count) * sizeof(float)}};
}

}  // namespace

Optimizer::Optimizer(const Layout& layout, float* weights) : layout_(layout), weights_(weights) {
  if (!learns()) return;
  for (const Parameter& p : layout_.parameters)
    if (p.layer >= layout_.lowest_learning) {
      first_ = p.offset;
      break;
    }
  for (Buffer<float>* each : {&gradients_, &m_, &v_}) each->hold_zeros(layout_.floats - first_);
  if (layout_.learns(layout_.word)) touched_.resize(static_cast<size_t>(layout_[layout_.word].shape[0]));
}

void Optimizer::touch(const std::vector<int32_t>& rows) {
  if (!touched_.empty())
    for (const int32_t row : rows) touched_[static_cast<size_t>(row)] = 1;
}
void Optimizer::touch_all() { std::fill(touched_.begin(), touched_.end(), uint8_t{1}); }

double Optimizer::norm() const {
  double sum = 0;
  for (const Parameter& p : layout_.parameters) {
    if (!p.learns) continue;
    const float* values = gradients_.get() + (p.offset - first_);
    const bool by_row = sparse(p);
    const int64_t part = by_row ? p.shape[1] : kPart;
    std::vector<double> parts(static_cast<size_t>((p.count + part - 1) / part));
    at::parallel_for(0, static_cast<int64_t>(parts.size()), by_row ? 64 : 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        if (!by_row || touched_[static_cast<size_t>(i)] != 0)
          parts[static_cast<size_t>(i)] = plain_kernels().square_sum(std::min(part, p.count - i * part), values + i * part);
    });
    for (const double each : parts) sum += each;
  }
  return std::sqrt(sum);
}

void Optimizer::step_rows(const Parameter& p, const AdamW& options) {
  const int64_t width = p.shape[1], at = p.offset - first_;
  at::parallel_for(0, p.shape[0], 64, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t from = row * width;
      if (touched_[static_cast<size_t>(row)] != 0)
        plain_kernels().adamw(width, options, weights_ + p.offset + from, gradients_.get() + at + from, m_.get() + at + from, v_.get() + at + from);
      else if (options.decay != 0) plain_kernels().scale(width, 1 - options.decay, weights_ + p.offset + from);
    }
  });
}

double Optimizer::step(const finetune::StepOptions& o) {
  const double size = norm();
  if (!std::isfinite(size)) {
    forget();
    return size;
  }
  ++steps_;
  AdamW a{};
  a.beta1 = static_cast<float>(o.beta1);
  a.beta2 = static_cast<float>(o.beta2);
  a.epsilon = static_cast<float>(o.epsilon);
  a.correction1 = static_cast<float>(1 / (1 - std::pow(o.beta1, static_cast<double>(steps_))));
  a.correction2 = static_cast<float>(1 / std::sqrt(1 - std::pow(o.beta2, static_cast<double>(steps_))));
  a.scale = static_cast<float>(o.clip > 0 && size > o.clip ? o.clip / (size + 1e-6) : 1.0);  // as torch.nn.utils.clip_grad_norm_
  for (const Parameter& p : layout_.parameters) {
    if (p.offset < first_) continue;
    const int64_t at = p.offset - first_;
    if (!p.learns) {  // gathered along with its neighbours
      std::fill_n(gradients_.get() + at, p.count, 0.0F);
      continue;
    }
    a.rate = static_cast<float>(o.learning_rate * p.rate);
    a.decay = p.decay ? static_cast<float>(o.learning_rate * p.rate * o.weight_decay) : 0.0F;
    if (sparse(p)) {
      step_rows(p, a);
      continue;
    }
    at::parallel_for(0, p.count, kGrain, [&](int64_t begin, int64_t end) {
      plain_kernels().adamw(end - begin, a, weights_ + p.offset + begin, gradients_.get() + at + begin, m_.get() + at + begin, v_.get() + at + begin);
    });
  }
  return size;
}

void Optimizer::forget() {
  if (!learns()) return;
  at::parallel_for(0, layout_.floats - first_, kPart, [&](int64_t begin, int64_t end) { std::fill(gradients_.get() + begin, gradients_.get() + end, 0.0F); });
}

finetune::Tensors Optimizer::named(const std::string& prefix, const Buffer<float>& values) const {
  finetune::Tensors all;
  for (const Parameter& p : layout_.parameters)
    if (p.learns) all[prefix + p.name] = view(p, values.get() + (p.offset - first_));
  return all;
}

finetune::Tensors Optimizer::moments() const {
  finetune::Tensors all = named("m.", m_);
  all.merge(named("v.", v_));
  return all;
}

Status Optimizer::restore(const finetune::Tensors* moments, int64_t steps) {
  forget();
  if (moments == nullptr) return {};
  for (const Parameter& p : layout_.parameters) {
    if (!p.learns) continue;
    for (const auto& [prefix, to] : {std::pair{"m.", m_.get()}, std::pair{"v.", v_.get()}}) {
      const auto found = moments->find(prefix + p.name);
      if (found == moments->end()) return stage_error("no tensor \"" + (prefix + p.name) + "\" in the optimizer's state");
      TRY(copy_tensor(p, found->first, found->second, to + (p.offset - first_)));
    }
  }
  steps_ = steps;
  if (touched_.empty()) return {};
  const Parameter& word = layout_[layout_.word];
  const int64_t width = word.shape[1];
  for (int64_t row = 0; row < word.shape[0]; ++row) {
    const auto moves = [&](const Buffer<float>& values) {
      const float* from = values.get() + (word.offset - first_) + row * width;
      return std::any_of(from, from + width, [](float value) { return value != 0; });
    };
    touched_[static_cast<size_t>(row)] = moves(m_) || moves(v_) ? 1 : 0;
  }
  return {};
}

}  // namespace mlopsctl::torch_cpu
