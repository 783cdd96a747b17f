// Labelled rows of one or more inputs as one set, and what a model makes of them.
#pragma once

#include <string>
#include <vector>

#include "pipeline/engine/stage.hpp"
#include "stages/evaluate/metrics.hpp"
#include "stages/ml_api.hpp"

namespace mlopsctl::evaluate {

struct RowsInput {
  std::string origin;
  data::Rows rows;
};

// One model's answers on all rows, input after input.
struct Judged {
  std::vector<int> given, predicted;  // indices into the model's labels
  std::vector<double> probabilities;  // rows x labels
  std::vector<char> right;            // 1 where predicted is given
  Metrics metrics;
};

// Errors: no rows at all; rows without label; a label that the model was not trained on.
Result<Judged> judge_rows(const ml::Model& model, const std::vector<RowsInput>& inputs, const CancelToken& cancel);

}  // namespace mlopsctl::evaluate
