#include "cli/text_width.hpp"

#include <cstdint>
#include <cstdio>

namespace mlopsctl::cli {

namespace {

struct Range {
  uint32_t first, last;
};

// Unicode 15: East Asian Width W and F, and characters shown as emoji by default; neighbouring ranges are joined.
constexpr Range wide[] = {{0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x23F0, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
                          {0x2648, 0x2653},   {0x267F, 0x267F},   {0x2693, 0x2693},   {0x26A1, 0x26A1},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},
                          {0x26C4, 0x26C5},   {0x26CE, 0x26CE},   {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F5},   {0x26FA, 0x26FD},
                          {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},   {0x274C, 0x274E},   {0x2753, 0x2757},   {0x2795, 0x2797},
                          {0x27B0, 0x27BF},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B55},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
                          {0x4E00, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                          {0xFFE0, 0xFFE6},   {0x16FE0, 0x18AFF}, {0x1B000, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F19A},
                          {0x1F200, 0x1F320}, {0x1F32D, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7EB}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD}};
// Combining marks, joiners and variation selectors of the scripts we are likely to meet.
constexpr Range none[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},  {0x064B, 0x065F}, {0x0900, 0x0902},
                          {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D}, {0x0E31, 0x0E31},  {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E},
                          {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x202A, 0x202E},  {0x2060, 0x2064}, {0x20D0, 0x20FF},
                          {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF}};

template <size_t n>
bool within(const Range (&ranges)[n], uint32_t code) {
  for (const Range& range : ranges) {
    if (code < range.first) return false;
    if (code <= range.last) return true;
  }
  return false;
}

// Decodes one character; bytes that are no UTF-8 come one by one as U+FFFD.
uint32_t next_code(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(at);
  const int more = lead < 0x80 ? 0 : (lead & 0xE0) == 0xC0 ? 1 : (lead & 0xF0) == 0xE0 ? 2 : (lead & 0xF8) == 0xF0 ? 3 : -1;
  if (more < 0 || at + static_cast<size_t>(more) >= text.size()) {
    ++at;
    return more == 0 ? lead : 0xFFFD;
  }
  uint32_t code = more == 0 ? lead : lead & (0x3Fu >> more);
  for (int i = 1; i <= more; ++i) {
    if ((byte(at + static_cast<size_t>(i)) & 0xC0) != 0x80) {
      ++at;
      return 0xFFFD;
    }
    code = (code << 6) | (byte(at + static_cast<size_t>(i)) & 0x3Fu);
  }
  at += static_cast<size_t>(more) + 1;
  return code;
}

int width_of(uint32_t code) { return within(none, code) ? 0 : within(wide, code) ? 2 : 1; }

}  // namespace

int display_width(std::string_view text) {
  int width = 0;
  for (size_t at = 0; at < text.size();) width += width_of(next_code(text, at));
  return width;
}

std::string fit(std::string_view text, int width, bool utf8) {
  if (display_width(text) <= width) return std::string(text);
  if (width <= 0) return "";
  int used = 0;
  size_t at = 0;
  while (at < text.size()) {
    size_t next = at;
    const int columns = width_of(next_code(text, next));
    if (used + columns > width - 1) break;
    used += columns;
    at = next;
  }
  return std::string(text.substr(0, at)) + (utf8 ? "\u2026" : ".");
}

std::string pad(std::string_view text, int width, bool utf8, bool right) {
  std::string fitted = fit(text, width, utf8);
  const int missing = width - display_width(fitted);
  const std::string blanks(static_cast<size_t>(missing > 0 ? missing : 0), ' ');
  return right ? blanks + fitted : fitted + blanks;
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '\t') {
      out += ' ';
    } else if (byte < 0x20 || byte == 0x7F) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace mlopsctl::cli
