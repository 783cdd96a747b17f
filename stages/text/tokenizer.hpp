// Tokenizer: scikit-learn's word tokens. Lower-cases a text and finds the words in it; holds a buffer, so one object per thread.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "stages/text/unicode.hpp"
#include "stages/text/vectorizer_options.hpp"

namespace mlopsctl::text {

// Bytes that may be read after a token (they are there, and zero after the last one).
inline constexpr size_t token_slack = 16;

class Tokenizer {
 public:
  Tokenizer(TokenPattern pattern, bool lowercase) : pattern_(pattern), lowercase_(lowercase) {}

  // Calls visit(std::string_view token) for each token in order; the views die with the next call.
  template <typename Visit>
  void operator()(std::string_view text, Visit visit) {
    if (lowercase_) lower(text, buffer_);
    else buffer_.assign(text);
    const size_t size = buffer_.size();
    buffer_.append(token_slack, '\0');
    const std::string_view clean(buffer_.data(), size);
    const size_t shortest = pattern_ == TokenPattern::words ? 2 : 1;
    size_t at = 0;
    while (at < size) {
      CodePoint point = decode(clean, at);
      const size_t start = at;
      at += point.bytes;
      if (!is_word(point.code)) {
        if (pattern_ == TokenPattern::punctuation && point.code != 0 && !is_space(point.code)) visit(clean.substr(start, point.bytes));
        continue;
      }
      size_t length = 1;
      while (at < size && is_word((point = decode(clean, at)).code)) at += point.bytes, ++length;
      if (length >= shortest) visit(clean.substr(start, at - start));
    }
  }

 private:
  TokenPattern pattern_;
  bool lowercase_;
  std::string buffer_;
};

}  // namespace mlopsctl::text
