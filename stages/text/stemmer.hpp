// Snowball stemming (libstemmer 2.2). The one place that includes libstemmer.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mlopsctl::text {

std::vector<std::string> stemmer_languages();  // sorted

// Appends the stem of a lower-case word, which is not empty; eight bytes after it must be readable. `language` is one of stemmer_languages(). Thread-safe: each
// thread has its own stemmers.
void append_stem(const std::string& language, std::string_view word, std::string& out);

}  // namespace mlopsctl::text
