// Words as people see them: runs of letters, digits, marks and '_', with apostrophes inside ("don't", "d’accord").
#pragma once

#include <string>
#include <string_view>

#include "stages/text/unicode.hpp"

namespace mlopsctl::text {

inline bool in_word(uint32_t code) { return (classes_of(code) & (word_class | letter_class)) != 0; }
inline bool is_apostrophe(uint32_t code) { return code == '\'' || code == 0x2019; }

// Calls between(text) for what separates words and word(text) for each word, in order, covering all of `text`.
template <typename Between, typename Word>
void walk_words(std::string_view text, Between between, Word word) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t gap = at;
    while (at < text.size()) {
      const CodePoint point = decode(text, at);
      if (in_word(point.code)) break;
      at += point.bytes;
    }
    if (at > gap) between(text.substr(gap, at - gap));
    const size_t start = at;
    while (at < text.size()) {
      const CodePoint point = decode(text, at);
      if (!in_word(point.code)) {
        const size_t next = at + point.bytes;
        if (at == start || !is_apostrophe(point.code) || next >= text.size() || !in_word(decode(text, next).code)) break;
      }
      at += point.bytes;
    }
    if (at > start) word(text.substr(start, at - start));
  }
}

// The form in which word lists are searched: lower case, straight apostrophes. Replaces `out`; eight bytes after it may be read.
inline void look_up_form(std::string_view word, std::string& out) {
  lower(word, out);
  if (out.size() > 2 && !is_ascii(out))
    for (size_t at = out.find("\xE2\x80\x99"); at != std::string::npos; at = out.find("\xE2\x80\x99", at)) out.replace(at, 3, "'");
  if (out.capacity() < out.size() + 16) out.reserve(2 * out.size() + 64);
}

}  // namespace mlopsctl::text
