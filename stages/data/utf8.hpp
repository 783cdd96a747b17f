// UTF-8 as the Unicode Standard defines it (table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mlopsctl::data {

// Offset of the first byte that is not part of valid UTF-8; text.size() when all is valid.
size_t first_invalid_utf8(std::string_view text);
inline bool is_utf8(std::string_view text) { return first_invalid_utf8(text) == text.size(); }

// Appends one code point (a Unicode scalar value).
void append_utf8(std::string& out, uint32_t code);

// Appends windows-1252 bytes as UTF-8: latin-1, but 0x80-0x9F are the quotes, dashes and the euro sign that such files mean by them
// (WHATWG Encoding Standard, which reads "latin1" this way). The five unassigned bytes become the control characters U+0081 ...
void append_latin1(std::string& out, std::string_view text);
// The way back: valid UTF-8 as windows-1252 bytes; what that does not have becomes '?'.
std::string as_latin1(std::string_view text);

}  // namespace mlopsctl::data
