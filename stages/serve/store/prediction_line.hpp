// A prediction as one line of a spool.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "stages/serve/store/store.hpp"

namespace mlopsctl::serve::store {

std::string to_line(const Prediction& prediction);  // JSON, without a line end; its texts are UTF-8
// A JSON object with the share of each label, as Prediction::probabilities holds it.
std::string to_probabilities(std::span<const std::string> labels, std::span<const float> shares);
Result<Prediction> from_line(std::string_view line);

}  // namespace mlopsctl::serve::store
