// How many typing errors apart two words are.
#pragma once

#include <cstddef>
#include <string_view>

namespace mlopsctl {

// Damerau-Levenshtein distance in bytes (adjacent transpositions count one), after Lowrance & Wagner 1975, restricted form.
size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace mlopsctl
