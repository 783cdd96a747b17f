// How much each label counts.
#pragma once

#include <string>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/finetune/options.hpp"

namespace mlopsctl::finetune {

// One a label; empty where all count the same. balanced: rows / (labels x rows of the label), as scikit-learn. A weight for a label that
// does not occur is an error at its key.
Result<std::vector<float>> class_weights(const OptimizerOptions& options, const std::vector<std::string>& labels, const std::vector<int>& given);

}  // namespace mlopsctl::finetune
