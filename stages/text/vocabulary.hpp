// Vocabulary: the terms of a vectorizer and how they are found in a row of words. An n-gram is never spelt out while counting: it is the
// pair (number of the n-gram without its last word, number of its last word), one table per length.
//
// Columns number the terms in the byte order of their UTF-8. Because the joining space sorts below every byte of a word, that is the
// order of the tuples of words, which is how order_terms() gets it without comparing joined strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/text/hash_tables.hpp"

namespace mlopsctl::text {

inline constexpr uint32_t no_column = UINT32_MAX;

struct Vocabulary {
  WordTable words;
  std::vector<NgramTable> tables;              // [0]: pairs, [1]: triples ...; their marks are the columns once finish_tables() ran
  std::vector<std::vector<uint32_t>> columns;  // [length - 1][number] -> column; no_column: no term, only on the way to one
  std::string bytes;                           // all terms, one after another
  std::vector<uint64_t> offsets{0};

  size_t size() const { return offsets.size() - 1; }
  std::string_view term(size_t column) const { return std::string_view(bytes).substr(offsets[column], offsets[column + 1] - offsets[column]); }
};

// What is kept of what was counted: kept[length - 1][number].
using KeptTerms = std::vector<std::vector<uint8_t>>;

// Numbers the kept terms and spells them out. `counted` has its words and tables filled; what it had of columns and terms is replaced.
void order_terms(Vocabulary& counted, const KeptTerms& kept);

// For looking up only: moves the columns of n-grams into their tables, where the search ends anyway.
void finish_tables(Vocabulary& vocabulary);

// The vocabulary of these terms, in byte order, without anything else in its tables. A term that is out of order, empty, or not made of
// `shortest` to `longest` words is an error with its line in `origin`.
Result<Vocabulary> vocabulary_of(std::string bytes, std::vector<uint64_t> offsets, size_t shortest, size_t longest, const std::string& origin);

Status save_terms(const Vocabulary& vocabulary, const std::string& path);
Result<Vocabulary> load_terms(const std::string& path, size_t shortest, size_t longest);

}  // namespace mlopsctl::text
