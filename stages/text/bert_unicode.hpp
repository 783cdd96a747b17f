// Unicode as Hugging Face's BertNormalizer and BertPreTokenizer see it (tokenizers 0.23.3). They mix versions: categories of Unicode 8,
// decompositions of Unicode 12, lower case of Unicode 17. utf8proc gives Unicode 15; the differences are tables here, and a test proves
// that the result is the same for every code point.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mlopsctl::text {

enum BertClass : uint8_t {
  bert_removed = 1,      // control, format and private-use characters, U+0000 and U+FFFD: what clean_text drops
  bert_space = 2,        // White_Space
  bert_ideograph = 4,    // what handle_chinese_chars puts between spaces
  bert_mark = 8,         // category Mn: what strip_accents drops
  bert_punctuation = 16  // a token of its own: category P and ASCII's symbols
};

// Some of the classes above; `bert_space` comes with `bert_removed` for U+000B, U+000C and U+0085.
uint8_t bert_classes(uint32_t code);

// The lower case of one character, without regard to its neighbours (no final sigma). The second code is 0 except for U+0130.
struct LowerCase {
  uint32_t first;
  uint32_t second;
};
LowerCase bert_lower(uint32_t code);

// The full canonical decomposition: at most 4 code points; returns how many.
size_t bert_decompose(uint32_t code, std::array<uint32_t, 4>& out);
uint8_t bert_combining_class(uint32_t code);

}  // namespace mlopsctl::text
