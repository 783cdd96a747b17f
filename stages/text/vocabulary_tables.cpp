#include <algorithm>

#include "stages/text/vocabulary.hpp"

namespace mlopsctl::text {

namespace {

// The words of all terms, one after another, by their numbers.
struct TermWords {
  std::vector<uint32_t> words;
  std::vector<uint64_t> starts{0};  // terms + 1
  size_t length(size_t term) const { return starts[term + 1] - starts[term]; }
};

Result<TermWords> split_terms(Vocabulary& vocabulary, size_t shortest, size_t longest, const std::string& origin) {
  TermWords split;
  split.starts.reserve(vocabulary.size() + 1);
  const auto fault = [&](size_t column, std::string message) {
    Error error = stage_error(std::move(message));
    error.span = SourceSpan{origin, static_cast<int>(column) + 1, 1, 1, std::string(vocabulary.term(column).substr(0, 200))};
    error.hint = "the file was changed after training; train again or restore it";
    return error;
  };
  const std::string wrong_length = "found a term that is not " + std::to_string(shortest) + " to " + std::to_string(longest) + " words";
  std::string_view last_first;  // in byte order the first word of a term is mostly that of the term before
  uint32_t last_number = no_id;
  for (size_t column = 0; column < vocabulary.size(); ++column) {
    const std::string_view term = vocabulary.term(column);
    if (column > 0 && term <= vocabulary.term(column - 1)) return fault(column, "this term is not greater than the one before it, expected byte order");
    size_t length = 0;
    for (size_t start = 0; start <= term.size(); ++length) {
      const size_t end = std::min(term.find(' ', start), term.size());
      if (end == start || length == longest) return fault(column, wrong_length);
      const std::string_view word = term.substr(start, end - start);
      if (length > 0) {
        split.words.push_back(vocabulary.words.insert(word));
      } else {
        if (word != last_first) last_number = vocabulary.words.insert(word);
        last_first = word;
        split.words.push_back(last_number);
      }
      start = end + 1;
    }
    if (length < shortest) return fault(column, wrong_length);
    split.starts.push_back(split.words.size());
  }
  return split;
}

}  // namespace

Result<Vocabulary> vocabulary_of(std::string bytes, std::vector<uint64_t> offsets, size_t shortest, size_t longest, const std::string& origin) {
  constexpr size_t ahead = 16;
  Vocabulary vocabulary;
  vocabulary.bytes = std::move(bytes);
  vocabulary.bytes.reserve(vocabulary.bytes.size() + 16);  // words are read past their ends
  vocabulary.offsets = std::move(offsets);
  vocabulary.tables.resize(longest - 1);
  vocabulary.columns.resize(longest);
  TRY_ASSIGN(const TermWords split, split_terms(vocabulary, shortest, longest, origin));

  std::vector<uint32_t> prefixes(vocabulary.size());  // of each term: the number of its first n words
  vocabulary.columns[0].assign(vocabulary.words.size(), no_column);
  for (size_t term = 0; term < prefixes.size(); ++term) {
    prefixes[term] = split.words[split.starts[term]];
    if (split.length(term) == 1) vocabulary.columns[0][prefixes[term]] = static_cast<uint32_t>(term);
  }
  for (size_t n = 1; n < longest; ++n) {
    NgramTable& table = vocabulary.tables[n - 1];
    std::vector<size_t> longer;
    for (size_t term = 0; term < prefixes.size(); ++term)
      if (split.length(term) > n) longer.push_back(term);
    table.reserve(longer.size());
    const auto key = [&](size_t i) { return ngram_key(prefixes[longer[i]], split.words[split.starts[longer[i]] + n]); };
    for (size_t i = 0; i < longer.size(); ++i) {
      if (i + ahead < longer.size()) table.prefetch(key(i + ahead));
      NgramTable::Slot& slot = table.insert(key(i));
      const size_t term = longer[i];
      prefixes[term] = slot.id;
      if (slot.id == vocabulary.columns[n].size()) vocabulary.columns[n].push_back(no_column);
      if (split.length(term) == n + 1) vocabulary.columns[n][slot.id] = static_cast<uint32_t>(term);
    }
  }
  return vocabulary;
}

}  // namespace mlopsctl::text
