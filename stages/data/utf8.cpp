#include "stages/data/utf8.hpp"

#include <algorithm>
#include <iterator>

#include "stages/data/scan.hpp"

namespace mlopsctl::data {

namespace {

constexpr uint16_t windows_1252[32] = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                                       0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                       0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

bool between(unsigned char byte, unsigned char low, unsigned char high) { return byte >= low && byte <= high; }

// Bytes of the valid sequence that starts at p (left bytes remain); 0: none.
size_t sequence_length(const unsigned char* p, size_t left) {
  const unsigned char lead = p[0];
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return left >= 2 && between(p[1], 0x80, 0xBF) ? 2 : 0;
  if (lead < 0xF0) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
    return left >= 3 && between(p[1], low, high) && between(p[2], 0x80, 0xBF) ? 3 : 0;
  }
  if (lead > 0xF4) return 0;
  const unsigned char low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
  return left >= 4 && between(p[1], low, high) && between(p[2], 0x80, 0xBF) && between(p[3], 0x80, 0xBF) ? 4 : 0;
}

}  // namespace

size_t first_invalid_utf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  size_t at = 0;
  while (at < text.size()) {
    if (bytes[at] < 0x80) {
      const size_t plain = ascii_prefix(text.data() + at, text.size() - at);
      at += plain;
      if (plain != 0) continue;
    }
    const size_t length = sequence_length(bytes + at, text.size() - at);
    if (length == 0) return at;
    at += length;
  }
  return at;
}

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      out += static_cast<char>(0xE0 | (code >> 12));
    } else {
      out += static_cast<char>(0xF0 | (code >> 18));
      out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    }
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
  }
  out += static_cast<char>(0x80 | (code & 0x3F));
}

void append_latin1(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(out, between(byte, 0x80, 0x9F) ? windows_1252[byte - 0x80] : byte);
  }
}

std::string as_latin1(std::string_view text) {
  std::string bytes;
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (size_t i = 1; i < length && at + i < text.size(); ++i) code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    at += length;
    const auto* found = std::find(std::begin(windows_1252), std::end(windows_1252), code);
    if (found != std::end(windows_1252)) bytes += static_cast<char>(0x80 + (found - std::begin(windows_1252)));
    else bytes += code < 0x80 || (code > 0x9F && code <= 0xFF) ? static_cast<char>(code) : '?';
  }
  return bytes;
}

}  // namespace mlopsctl::data
