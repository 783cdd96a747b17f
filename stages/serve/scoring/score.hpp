// One call of a model. Whatever it throws, and probabilities of another number of texts, are an Error.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "stages/ml_api.hpp"

namespace mlopsctl::serve {

// texts x labels, row-major.
Result<std::vector<float>> score(const ml::Model& model, std::span<const std::string_view> texts);

}  // namespace mlopsctl::serve
