#include <bit>

#include <emmintrin.h>

#include "stages/data/scan.hpp"

namespace mlopsctl::data {

namespace {

struct Flags {
  __m128i any = _mm_setzero_si128();    // OR of all bytes: the top bit tells of non-ASCII
  __m128i least = _mm_set1_epi8(0x7f);  // unsigned minimum: 0 tells of a NUL

  void add(__m128i bytes) {
    any = _mm_or_si128(any, bytes);
    least = _mm_min_epu8(least, bytes);
  }
  void store(Seen& seen) const {
    seen.high |= _mm_movemask_epi8(any) != 0;
    seen.nul |= _mm_movemask_epi8(_mm_cmpeq_epi8(least, _mm_setzero_si128())) != 0;
  }
};

unsigned mask_of(__m128i bytes, __m128i wanted) { return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted))); }

__m128i load(const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }

}  // namespace

const char* find_quote(const char* p, const char* end, Seen& seen) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i newline = _mm_set1_epi8('\n');
  Flags flags;
  for (; p < end; p += 16) {
    const __m128i bytes = load(p);
    flags.add(bytes);
    const unsigned valid = end - p >= 16 ? 0xffffu : (1u << (end - p)) - 1;
    const unsigned quotes = mask_of(bytes, quote) & valid;
    unsigned newlines = mask_of(bytes, newline) & valid;
    if (quotes != 0) newlines &= (quotes & (0 - quotes)) - 1;
    for (; newlines != 0; newlines &= newlines - 1) ++seen.newlines;
    if (quotes != 0) {
      flags.store(seen);
      return p + std::countr_zero(quotes);
    }
  }
  flags.store(seen);
  return end;
}

const char* find_field_end(const char* p, const char* end, char delimiter, Seen& seen) {
  const __m128i separator = _mm_set1_epi8(delimiter);
  const __m128i newline = _mm_set1_epi8('\n');
  Flags flags;
  for (; p < end; p += 16) {
    const __m128i bytes = load(p);
    flags.add(bytes);
    const unsigned valid = end - p >= 16 ? 0xffffu : (1u << (end - p)) - 1;
    const unsigned found = (mask_of(bytes, separator) | mask_of(bytes, newline)) & valid;
    if (found != 0) {
      flags.store(seen);
      return p + std::countr_zero(found);
    }
  }
  flags.store(seen);
  return end;
}

size_t ascii_prefix(const char* p, size_t length) {
  size_t at = 0;
  for (; at + 16 <= length; at += 16)
    if (_mm_movemask_epi8(load(p + at)) != 0) return at;
  for (size_t i = at; i < length; ++i)
    if (static_cast<unsigned char>(p[i]) >= 0x80) return at;
  return length;
}

}  // namespace mlopsctl::data
