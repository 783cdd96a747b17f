// What a model may cost: milliseconds for a text on its own, bytes on disk. The time is this machine's, so a stage that asks for it may say otherwise
// elsewhere, or tomorrow.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/engine/verdict.hpp"
#include "pipeline/spec/field.hpp"
#include "stages/ml_api.hpp"

namespace mlopsctl::evaluate {

struct Budgets {
  std::optional<double> latency_ms;  // of the slowest of 20 texts, that is the 95th of 100
  std::optional<double> size_mb;     // 1 MB = 1,000,000 bytes
};
spec::Field budgets_field();
Budgets budgets_of(const Json& budgets);

// Pass or fail where the 95 % interval of the quantile (by order statistics) is on one side of the budget, else inconclusive. `milliseconds`: of each
// text; not empty.
engine::Check judge_latency(std::vector<double> milliseconds, double budget);
engine::Check judge_size(double megabytes, double budget);

// Scores texts one at a time, after a few to warm up; as many measurements as 200, or fewer where they take more than ten seconds.
Result<std::vector<double>> measure_latency(const ml::Model& model, const std::vector<std::string_view>& texts, const CancelToken& cancel);
// Of all files in the folder.
double megabytes_of(const std::filesystem::path& folder);

}  // namespace mlopsctl::evaluate
