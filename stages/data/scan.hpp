// Finding the next structural byte of a CSV text, 16 bytes at a time. Loads may read up to `scan_slack` bytes past `end`, which the
// caller must own (see Window).
#pragma once

#include <cstddef>
#include <cstdint>

namespace mlopsctl::data {

inline constexpr size_t scan_slack = 64;

// What was passed on the way. The flags may be raised by bytes shortly after the place where the scan stopped: they say "look closer".
struct Seen {
  uint64_t newlines = 0;  // exact; only find_quote counts
  bool high = false;      // bytes >= 0x80
  bool nul = false;
};

// The first '"' in [p, end), or end.
const char* find_quote(const char* p, const char* end, Seen& seen);
// The first `delimiter` or '\n' in [p, end), or end.
const char* find_field_end(const char* p, const char* end, char delimiter, Seen& seen);
// How many of the bytes before `p + length` are plain ASCII: a multiple of 16, or length itself when all are.
size_t ascii_prefix(const char* p, size_t length);

}  // namespace mlopsctl::data
