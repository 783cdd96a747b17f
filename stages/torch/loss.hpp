// Cross-entropy with label smoothing and class weights, as torch.nn.CrossEntropyLoss has them, summed instead of averaged.
#pragma once

#include <cstdint>
#include <vector>

namespace mlopsctl::torch_cpu {

struct LossOptions {
  double smoothing = 0;
  const std::vector<float>* class_weights = nullptr;  // null or empty: all 1
  double share = 1;
};

// Turns rows x classes logits into the gradient of share * loss, in place, and returns share * loss. On all threads; the sum's order is fixed.
double cross_entropy(int64_t rows, int64_t classes, const int32_t* labels, const LossOptions& options, float* logits);

}  // namespace mlopsctl::torch_cpu
