// Unicode as Python's str sees it: what \w and \s match and what str.lower() gives. utf8proc gives Unicode 15.
// Bytes that are not valid UTF-8 count as U+FFFD, one per byte, and are copied as they are.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace mlopsctl::text {

struct CodePoint {
  uint32_t code = 0;
  uint32_t bytes = 0;
};

// The code point at `at`; at < text.size().
CodePoint decode_wide(std::string_view text, size_t at);
inline CodePoint decode(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return {lead, 1};
  return decode_wide(text, at);
}

bool is_ascii(std::string_view text);

enum CharacterClass : uint8_t {
  letter_class = 1,       // categories L and M: combining marks belong to their letter
  digit_class = 2,        // category Nd
  punctuation_class = 4,  // category P, and ASCII symbols: Python's string.punctuation and its Unicode relatives
  word_class = 8,         // \w: categories L and N, and '_'
  space_class = 16        // \s
};

constexpr uint8_t classes_of_ascii(uint32_t code) {
  const bool digit = code >= '0' && code <= '9';
  const bool letter = (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
  const bool space = code == ' ' || (code >= 9 && code <= 13) || (code >= 28 && code <= 31);
  if (digit) return digit_class | word_class;
  if (letter) return letter_class | word_class;
  if (space) return space_class;
  if (code == '_') return punctuation_class | word_class;
  return code > 32 && code < 127 ? punctuation_class : 0;
}

inline constexpr std::array<uint8_t, 128> ascii_classes = [] {
  std::array<uint8_t, 128> table{};
  for (uint32_t code = 0; code < table.size(); ++code) table[code] = classes_of_ascii(code);
  return table;
}();

uint8_t classes_of_wide(uint32_t code);  // beyond ASCII
inline uint8_t classes_of(uint32_t code) { return code < 128 ? ascii_classes[code] : classes_of_wide(code); }

inline bool is_letter(uint32_t code) { return (classes_of(code) & letter_class) != 0; }
inline bool is_digit(uint32_t code) { return (classes_of(code) & digit_class) != 0; }
inline bool is_punctuation(uint32_t code) { return (classes_of(code) & punctuation_class) != 0; }
inline bool is_word(uint32_t code) { return (classes_of(code) & word_class) != 0; }
inline bool is_space(uint32_t code) { return (classes_of(code) & space_class) != 0; }

// Replaces `out` by Python's text.lower(), final sigma included.
void lower(std::string_view text, std::string& out);
void append_code(std::string& out, uint32_t code);

enum class Form { nfc, nfd, nfkc, nfkd };
// Replaces `out`. Text that is not valid UTF-8 is copied as it is.
void normalize(std::string_view text, Form form, std::string& out);

}  // namespace mlopsctl::text
