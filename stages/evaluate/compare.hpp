// Two models on the same rows.
#pragma once

#include <cstdint>
#include <span>

#include "pipeline/base/json.hpp"
#include "pipeline/stats/proportion.hpp"

namespace mlopsctl::evaluate {

struct Comparison {
  int64_t rows = 0;
  int64_t both_right = 0, only_challenger = 0, only_champion = 0, both_wrong = 0;
  double difference = 0;   // of accuracies, challenger - champion
  stats::McNemar mcnemar;  // "first" is the challenger
};

// `challenger_right`, `champion_right`: 1 where the model named the given label.
Comparison compare(std::span<const char> challenger_right, std::span<const char> champion_right);

Json to_json(const Comparison& comparison);

}  // namespace mlopsctl::evaluate
