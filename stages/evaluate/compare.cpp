#include "stages/evaluate/compare.hpp"

namespace mlopsctl::evaluate {

Comparison compare(std::span<const char> challenger_right, std::span<const char> champion_right) {
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
  return {{"rows", comparison.rows},
          {"both_right", comparison.both_right},
          {"only_challenger_right", comparison.only_challenger},
          {"only_champion_right", comparison.only_champion},
          {"both_wrong", comparison.both_wrong},
          {"accuracy_difference", comparison.difference},
          {"mcnemar_p_two_sided", comparison.mcnemar.two_sided},
          {"mcnemar_p_challenger_worse", comparison.mcnemar.first_worse}};
}

}  // namespace mlopsctl::evaluate
