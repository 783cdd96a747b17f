// TextBlocks: where words and punctuation lie in a stretch of text, as bit sets, 64 bytes a word. One interface, two implementations.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace mlopsctl::text {

static_assert(std::endian::native == std::endian::little, "words are compared as little-endian numbers; this machine is not");

struct TextBlocks {
  static constexpr size_t capacity = 2048;

  alignas(16) char lowered[capacity + 64];  // the text, ASCII in lower case if wanted; 64 bytes more may be read
  uint64_t word[capacity / 64 + 2];         // ASCII letters and digits, and what is in `odd`
  uint64_t odd[capacity / 64 + 2];          // bytes >= 0x80 and control characters other than \t, \n and \r
  uint64_t punctuation[capacity / 64 + 2];  // ASCII's; what is in none of the sets is white space

  // Fills all for text[0..length), length <= capacity; bits past the end are 0. Nothing past the end of `text` is read.
  void fill(const char* text, size_t length, bool lowercase);
};

// The 64 bits of a set from bit `at` on; the set has a word after the one with `at`.
inline uint64_t bits_from(const uint64_t* set, size_t at) {
  const size_t word = at / 64, bit = at % 64;
  return set[word] >> bit | (set[word + 1] << 1) << (63 - bit);
}

}  // namespace mlopsctl::text
