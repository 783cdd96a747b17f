// One two-class fit per class with LIBLINEAR; with two classes a single one that speaks for the second.
#pragma once

#include <functional>

#include "stages/ml_api.hpp"
#include "stages/train/liblinear.hpp"
#include "stages/train/linear_model.hpp"

namespace mlopsctl::train {

// The fields c, tolerance and class_weight.
std::vector<spec::Field> liblinear_fields();
LinearOptions linear_options(const Json& params, Solver solver, uint64_t seed);

// What to do around the fit of each column; both may be empty.
struct ColumnSteps {
  std::function<void(LinearProblem&, const std::vector<bool>& positive)> prepare;
  std::function<void(LinearFit&)> finish;  // turns the fit into weights for unscaled rows
};

// Fits every column, fills report.metrics["train_accuracy"] and warns where a solver stopped early.
Result<LinearWeights> fit_one_vs_rest(const ml::TrainRequest& request, LinearProblem& problem, size_t terms, const LinearOptions& options,
                                      const ColumnSteps& steps, ml::TrainReport& report);

}  // namespace mlopsctl::train
