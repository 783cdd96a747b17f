// Words that carry little meaning of their own: two well-known English lists, by the name of the library that ships them.
#pragma once

#include <string_view>
#include <vector>

namespace mlopsctl::text {

enum class StopWords { none, sklearn /* 318 words */, nltk /* 179 words, with contractions */ };

// Space-separated, sorted, lower case.
std::string_view stop_word_list(StopWords list);
std::vector<std::string_view> split_words(std::string_view list);

}  // namespace mlopsctl::text
