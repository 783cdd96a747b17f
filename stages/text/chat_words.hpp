// Chat abbreviations and what they stand for.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace mlopsctl::text {

// Lower case, sorted by abbreviation.
const std::vector<std::pair<std::string_view, std::string_view>>& chat_words();

}  // namespace mlopsctl::text
