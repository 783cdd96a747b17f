#include <cstring>

#include <emmintrin.h>

#include "stages/text/text_blocks.hpp"

namespace mlopsctl::text {

namespace {

struct Sets {
  uint64_t word = 0, odd = 0, punctuation = 0;
};

// Bytes between `first` and `first + span`, as unsigned numbers.
__m128i between(__m128i bytes, char first, char span) {
  const __m128i distance = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
  return _mm_cmpeq_epi8(_mm_min_epu8(distance, _mm_set1_epi8(span)), distance);
}

uint64_t bits(__m128i mask, int part) { return static_cast<uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(mask))) << 16 * part; }

// Classes of 64 bytes; writes them in lower case where `fold` has the bit 0x20.
Sets classify(const char* text, char* lowered, __m128i fold) {
  Sets sets;
  uint64_t spaces = 0;
  for (int part = 0; part < 4; ++part) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text) + part);
    const __m128i letters = between(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 25);
    const __m128i digits = between(bytes, '0', 9);
    const __m128i lines = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')),
                                       _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'))));
    // As signed numbers, bytes >= 0x80 are below 0x20, like the control characters.
    const __m128i low = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)));
    const __m128i odd = _mm_andnot_si128(lines, low);
    sets.word |= bits(_mm_or_si128(_mm_or_si128(letters, digits), odd), part);
    sets.odd |= bits(odd, part);
    spaces |= bits(_mm_or_si128(lines, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(' '))), part);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(lowered) + part, _mm_or_si128(bytes, _mm_and_si128(letters, fold)));
  }
  sets.punctuation = ~(sets.word | spaces);
  return sets;
}

}  // namespace

void TextBlocks::fill(const char* text, size_t length, bool lowercase) {
  const __m128i fold = _mm_set1_epi8(lowercase ? 0x20 : 0);
  size_t block = 0;
  for (; (block + 1) * 64 <= length; ++block) {
    const Sets sets = classify(text + block * 64, lowered + block * 64, fold);
    word[block] = sets.word;
    odd[block] = sets.odd;
    punctuation[block] = sets.punctuation;
  }
  const size_t left = length - block * 64;
  char last[64] = {};
  std::memcpy(last, text + block * 64, left);
  const Sets sets = classify(last, lowered + block * 64, fold);
  const uint64_t valid = (uint64_t{1} << left) - 1;
  word[block] = sets.word & valid;
  odd[block] = sets.odd & valid;
  punctuation[block] = sets.punctuation & valid;
  word[block + 1] = odd[block + 1] = punctuation[block + 1] = 0;
}

}  // namespace mlopsctl::text
