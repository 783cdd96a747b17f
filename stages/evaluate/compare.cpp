#include "stages/evaluate/compare.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mlopsctl::evaluate {

namespace {

Comparison compare_weighted(std::span<const char> challenger_right, std::span<const char> champion_right, std::span<const double> weights) {
  double wins = 0, losses = 0, right = 0, squares = 0, largest = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (challenger_right[i] != champion_right[i]) (challenger_right[i] ? wins : losses) += weights[i], squares += weights[i] * weights[i];
    else if (challenger_right[i]) right += weights[i];
    largest = std::max(largest, weights[i]);
  }
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  // What one of the rows drawn evenly would stand for; where no row is discordant, as if the heaviest were.
  const double one = std::max(1.0, wins + losses > 0 ? squares / (wins + losses) : largest);
  Comparison result;
  result.weighed = Comparison::Weighed{static_cast<int64_t>(weights.size()), all, wins / one, losses / one};
  result.only_challenger = std::llround(wins / one);
  result.only_champion = std::llround(losses / one);
  result.both_right = std::llround(right / one);
  result.rows = std::max<int64_t>(static_cast<int64_t>(all / one + 1e-6), result.both_right + result.only_challenger + result.only_champion);
  result.both_wrong = result.rows - result.both_right - result.only_challenger - result.only_champion;
  result.difference = (wins - losses) / all;
  result.mcnemar = stats::mcnemar_exact(result.only_challenger, result.only_champion);
  return result;
}

}  // namespace

Comparison compare(std::span<const char> challenger_right, std::span<const char> champion_right, std::span<const double> weights) {
  if (!weights.empty()) return compare_weighted(challenger_right, champion_right, weights);
  Comparison result;
  result.rows = static_cast<int64_t>(challenger_right.size());
  for (size_t i = 0; i < challenger_right.size(); ++i) {
    if (challenger_right[i] && champion_right[i]) ++result.both_right;
    else if (challenger_right[i]) ++result.only_challenger;
    else if (champion_right[i]) ++result.only_champion;
    else ++result.both_wrong;
  }
  if (result.rows > 0) result.difference = static_cast<double>(result.only_challenger - result.only_champion) / static_cast<double>(result.rows);
  result.mcnemar = stats::mcnemar_exact(result.only_challenger, result.only_champion);
  return result;
}

Json to_json(const Comparison& comparison) {
  Json json = {{"rows", comparison.rows},
               {"both_right", comparison.both_right},
               {"only_challenger_right", comparison.only_challenger},
               {"only_champion_right", comparison.only_champion},
               {"both_wrong", comparison.both_wrong},
               {"accuracy_difference", comparison.difference},
               {"mcnemar_p_two_sided", comparison.mcnemar.two_sided},
               {"mcnemar_p_challenger_worse", comparison.mcnemar.first_worse}};
  if (comparison.weighed) json.update({{"labelled_rows", comparison.weighed->labelled}, {"stands_for", comparison.weighed->stands_for}});
  return json;
}

}  // namespace mlopsctl::evaluate
