// What a batch must hold before arithmetic starts on it; an Error names the text and the token.
#pragma once

#include "stages/finetune/network.hpp"

namespace mlopsctl::torch_cpu {

enum class Use { score, learn };
Status check_batch(const finetune::NetworkOptions& options, const finetune::Batch& batch, Use use);
Status check_features(const finetune::NetworkOptions& options, size_t values, const std::vector<int32_t>* labels);

}  // namespace mlopsctl::torch_cpu
