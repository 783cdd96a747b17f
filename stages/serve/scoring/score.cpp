#include "stages/serve/scoring/score.hpp"

#include <exception>

namespace mlopsctl::serve {

Result<std::vector<float>> score(const ml::Model& model, std::span<const std::string_view> texts) {
  const CancelToken cancel;
  const size_t expected = texts.size() * model.labels().size();
  try {
    TRY_ASSIGN(auto probabilities, model.score_raw(texts, cancel));
    if (probabilities.size() == expected) return probabilities;
    return stage_error("the model gave " + std::to_string(probabilities.size()) + " probabilities for " + std::to_string(texts.size()) + " texts and " +
                       std::to_string(model.labels().size()) + " labels");
  } catch (const std::exception& fault) { return stage_error(fault.what()); }
}

}  // namespace mlopsctl::serve
