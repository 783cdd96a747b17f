// Unicode as Python's str sees it: what \w and \s match and what str.lower() gives. The one place that includes utf8proc (Unicode 15).
// Bytes that are not valid UTF-8 count as U+FFFD, one per byte, and are copied as they are.
#pragma once

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

bool is_letter(uint32_t code);       // categories L and M: combining marks belong to their letter
bool is_digit(uint32_t code);        // category Nd
bool is_punctuation(uint32_t code);  // category P, and ASCII symbols: Python's string.punctuation and its Unicode relatives
bool is_word(uint32_t code);         // \w: categories L and N, and '_'
bool is_space(uint32_t code);        // \s

// Replaces `out` by Python's text.lower(), final sigma included.
void lower(std::string_view text, std::string& out);
void append_code(std::string& out, uint32_t code);

enum class Form { nfc, nfd, nfkc, nfkd };
// Replaces `out`. Text that is not valid UTF-8 is copied as it is.
void normalize(std::string_view text, Form form, std::string& out);

}  // namespace mlopsctl::text
