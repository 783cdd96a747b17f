#include "stages/data/scan.hpp"

namespace mlopsctl::data {

const char* find_quote(const char* p, const char* end, Seen& seen) {
  for (; p < end && *p != '"'; ++p) {
    if (*p == '\n') ++seen.newlines;
    seen.high |= static_cast<unsigned char>(*p) >= 0x80;
    seen.nul |= *p == 0;
  }
  return p;
}

const char* find_field_end(const char* p, const char* end, char delimiter, Seen& seen) {
  for (; p < end && *p != delimiter && *p != '\n'; ++p) {
    seen.high |= static_cast<unsigned char>(*p) >= 0x80;
    seen.nul |= *p == 0;
  }
  return p;
}

size_t ascii_prefix(const char* p, size_t length) {
  for (size_t at = 0; at < length; ++at)
    if (static_cast<unsigned char>(p[at]) >= 0x80) return at - at % 16;
  return length;
}

}  // namespace mlopsctl::data
