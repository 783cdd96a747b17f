#include "stages/text/text_blocks.hpp"

#include <algorithm>
#include <array>

namespace mlopsctl::text {

namespace {

enum class Kind : uint8_t { space, word, odd, punctuation };

constexpr std::array<Kind, 256> kinds = [] {
  std::array<Kind, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const unsigned low = byte | 0x20;
    const bool blank = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
    if ((low >= 'a' && low <= 'z' && byte < 128) || (byte >= '0' && byte <= '9')) table[byte] = Kind::word;
    else if (blank) table[byte] = Kind::space;
    else table[byte] = byte < 0x20 || byte >= 0x7F ? Kind::odd : Kind::punctuation;
  }
  return table;
}();

}  // namespace

void TextBlocks::fill(const char* text, size_t length, bool lowercase) {
  const size_t words = length / 64 + 2;
  std::fill_n(word, words, 0);
  std::fill_n(odd, words, 0);
  std::fill_n(punctuation, words, 0);
  std::fill_n(lowered + length, 64, '\0');
  for (size_t at = 0; at < length; ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const Kind kind = kinds[byte];
    const uint64_t bit = uint64_t{1} << at % 64;
    if (kind == Kind::word || kind == Kind::odd) word[at / 64] |= bit;
    if (kind == Kind::odd) odd[at / 64] |= bit;
    if (kind == Kind::punctuation) punctuation[at / 64] |= bit;
    lowered[at] = static_cast<char>(lowercase && byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
  }
}

}  // namespace mlopsctl::text
