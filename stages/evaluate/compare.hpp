// Two models on the same rows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "pipeline/base/json.hpp"
#include "pipeline/stats/proportion.hpp"

namespace mlopsctl::evaluate {

struct Comparison {
  int64_t rows = 0;
  int64_t both_right = 0, only_challenger = 0, only_champion = 0, both_wrong = 0;
  double difference = 0;   // of accuracies, challenger - champion
  stats::McNemar mcnemar;  // "first" is the challenger

  // Where rows have weights, the counts above are those of as many rows drawn evenly as tell as much.
  struct Weighed {
    int64_t labelled = 0;         // rows there are, and
    double stands_for = 0;        // how many they stand for
    double wins = 0, losses = 0;  // only_challenger, only_champion, before they were rounded
  };
  std::optional<Weighed> weighed{};
};

// `challenger_right`, `champion_right`: 1 where the model named the given label. Empty `weights`: each row counts once.
//
// The sum of weights of the rows that just one gets right, wins less losses, has the variance sum(w^2) where the two are equally good, and wins are as
// likely as losses (Horvitz & Thompson 1952). So many fair coins have it: sum(w)^2 / sum(w^2), the effective number of discordant rows (Kish 1965), which
// is their own number where their weights are alike; the tests for counts then hold as for rows drawn evenly. Rows that the models agree on have no part
// in the difference, so it costs nothing that few of them are labelled. A weight of 1 counts as one row at most: row_weights (weights.hpp) knows what the
// rows at hand cannot show.
Comparison compare(std::span<const char> challenger_right, std::span<const char> champion_right, std::span<const double> weights = {});

Json to_json(const Comparison& comparison);

}  // namespace mlopsctl::evaluate
