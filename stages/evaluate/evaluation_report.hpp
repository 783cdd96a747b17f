// What an evaluation leaves behind: evaluation.json (all numbers), predictions.csv (id,label,predicted,confidence) and the summary that
// run reports show.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/engine/verdict.hpp"
#include "stages/evaluate/calibration_null.hpp"
#include "stages/evaluate/compare.hpp"
#include "stages/evaluate/judged_rows.hpp"

namespace mlopsctl::evaluate {

struct Contender {
  const ml::Model& model;
  const Judged& judged;
  std::string digest;
};

struct Evaluation {
  const std::vector<RowsInput>& inputs;
  Contender challenger;
  std::optional<Contender> champion;
  std::optional<Comparison> comparison;
  CalibrationNull calibration;  // of the challenger
  engine::Verdict verdict;
};

Json evaluation_json(const Evaluation& evaluation);
std::string predictions_csv(const Evaluation& evaluation);

// {"tables": [{"title", "columns", "rows"}], "confusion_matrix": {"labels", "counts"}, "reliability": [...], "comparison": {...} or null}.
// The last table holds the 20 rows that the challenger got wrong with the most confidence.
Json summary_json(const Evaluation& evaluation);

}  // namespace mlopsctl::evaluate
