#include "stages/torch/loss.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

namespace mlopsctl::torch_cpu {
namespace {

double row_loss(int64_t classes, int32_t label, const LossOptions& options, float* row) {
  const bool weighted = options.class_weights != nullptr && !options.class_weights->empty();
  const auto weight = [&](int64_t c) { return weighted ? static_cast<double>((*options.class_weights)[static_cast<size_t>(c)]) : 1.0; };
  const double most = static_cast<double>(*std::max_element(row, row + classes));
  double sum = 0;
  for (int64_t c = 0; c < classes; ++c) sum += std::exp(static_cast<double>(row[c]) - most);
  const double log_sum = most + std::log(sum), smoothed = options.smoothing / static_cast<double>(classes);
  const double own = (1 - options.smoothing) * weight(label);
  double loss = own * (log_sum - static_cast<double>(row[label])), all = own;  // `all`: of the weights of -log p
  if (options.smoothing > 0)
    for (int64_t c = 0; c < classes; ++c) {
      loss += smoothed * weight(c) * (log_sum - static_cast<double>(row[c]));
      all += smoothed * weight(c);
    }
  for (int64_t c = 0; c < classes; ++c) {
    const double p = std::exp(static_cast<double>(row[c]) - log_sum), target = (c == label ? own : 0) + (options.smoothing > 0 ? smoothed * weight(c) : 0);
    row[c] = static_cast<float>(options.share * (all * p - target));
  }
  return options.share * loss;
}

}  // namespace

double cross_entropy(int64_t rows, int64_t classes, const int32_t* labels, const LossOptions& options, float* logits) {
  std::vector<double> losses(static_cast<size_t>(rows));
  at::parallel_for(0, rows, std::max<int64_t>(1, 4096 / classes), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) losses[static_cast<size_t>(row)] = row_loss(classes, labels[row], options, logits + row * classes);
  });
  double sum = 0;
  for (const double loss : losses) sum += loss;
  return sum;
}

}  // namespace mlopsctl::torch_cpu
