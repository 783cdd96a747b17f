#include "stages/text/counter.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "pipeline/base/plural.hpp"
#include "stages/text/parallel.hpp"
#include "stages/text/tokenizer.hpp"

namespace mlopsctl::text {

namespace {

Error interrupted() {
  Error error;
  error.kind = ErrorKind::interrupted;
  error.message = "interrupted while counting words";
  return error;
}

WordTable table_of(StopWords list) {
  // Each word is looked up with readable bytes behind it.
  WordTable table;
  std::string padded;
  for (const std::string_view word : split_words(stop_word_list(list))) {
    padded.assign(word).append(token_slack, '\0');
    table.insert(std::string_view(padded).substr(0, word.size()));
  }
  return table;
}

// The words of some rows, numbered in their own table.
struct WordChunk {
  WordTable words;
  std::vector<uint32_t> numbers;
  std::vector<uint32_t> lengths;  // of each row
};

void read_words(std::span<const std::string_view> texts, const VectorizerOptions& options, const CancelToken& cancel, CountedTexts& counted) {
  const WordTable stop_words = table_of(options.stop_words);
  const auto make = [&](size_t, size_t first, size_t last) {
    WordChunk chunk;
    Tokenizer tokenizer(options.pattern, options.lowercase);
    for (size_t row = first; row < last && !cancel.cancelled(); ++row) {
      const size_t before = chunk.numbers.size();
      tokenizer(texts[row], [&](std::string_view token) {
        if (stop_words.size() == 0 || stop_words.find(token) == no_id) chunk.numbers.push_back(chunk.words.insert(token));
      });
      chunk.lengths.push_back(static_cast<uint32_t>(chunk.numbers.size() - before));
    }
    return chunk;
  };
  WordTable& words = counted.vocabulary.words;
  std::vector<uint32_t>& numbers = counted.numbers[0];
  std::vector<uint32_t> renumbered;
  in_chunks(texts.size(), worker_count(texts.size()), make, [&](WordChunk chunk, size_t, size_t) {
    renumbered.resize(chunk.words.size());
    for (uint32_t id = 0; id < renumbered.size(); ++id) renumbered[id] = words.insert(chunk.words.word(id));
    for (const uint32_t number : chunk.numbers) numbers.push_back(renumbered[number]);
    for (const uint32_t length : chunk.lengths) counted.starts.push_back(counted.starts.back() + length);
    return !cancel.cancelled();
  });
}

void count_words(CountedTexts& counted) {
  std::vector<uint32_t>& counts = counted.document_counts[0];
  counts.assign(counted.vocabulary.words.size(), 0);
  std::vector<uint32_t> last_row(counts.size(), 0);
  for (uint32_t row = 0; row < counted.rows(); ++row) {
    for (uint64_t at = counted.starts[row]; at < counted.starts[row + 1]; ++at) {
      const uint32_t word = counted.numbers[0][at];
      if (std::exchange(last_row[word], row + 1) != row + 1) ++counts[word];
    }
  }
}

// N-grams of n + 1 words from those of n words. The slots are fetched ahead: the table is far larger than the caches.
Status count_ngrams(CountedTexts& counted, size_t n, const CancelToken& cancel) {
  constexpr size_t ahead = 16;
  const std::vector<uint32_t>& words = counted.numbers[0];
  const std::vector<uint32_t>& prefixes = counted.numbers[n - 1];
  std::vector<uint32_t>& numbers = counted.numbers[n];
  std::vector<uint32_t>& counts = counted.document_counts[n];
  NgramTable& table = counted.vocabulary.tables[n - 1];
  numbers.resize(words.size());
  table.reserve(words.size() / 8);
  std::vector<uint64_t> keys;
  for (uint32_t row = 0; row < counted.rows(); ++row) {
    if (row % rows_per_chunk == 0 && cancel.cancelled()) return interrupted();
    const uint64_t start = counted.starts[row], end = counted.starts[row + 1];
    keys.clear();
    for (uint64_t at = start; at + n < end; ++at) keys.push_back(ngram_key(prefixes[at], words[at + n]));
    for (size_t i = 0; i < std::min(ahead, keys.size()); ++i) table.prefetch(keys[i]);
    for (size_t i = 0; i < keys.size(); ++i) {
      if (i + ahead < keys.size()) table.prefetch(keys[i + ahead]);
      NgramTable::Slot& slot = table.insert(keys[i]);
      numbers[start + i] = slot.id;
      if (slot.id == counts.size()) counts.push_back(0);
      if (std::exchange(slot.mark, row + 1) != row + 1) ++counts[slot.id];
    }
  }
  return {};
}

// Of the kept terms, ordered already, only the most frequent; among equals the first in byte order. (scikit-learn's choice among equals
// is arbitrary.)
void keep_most_frequent(const CountedTexts& counted, const VectorizerOptions& options, KeptTerms& kept) {
  const std::vector<std::vector<uint32_t>>& columns = counted.vocabulary.columns;
  std::vector<uint64_t> frequency(counted.vocabulary.size());
  const auto for_kept = [&](auto visit) {
    for (size_t n = 0; n < kept.size(); ++n)
      for (size_t id = 0; id < kept[n].size(); ++id)
        if (kept[n][id] != 0) visit(n, id, columns[n][id]);
  };
  if (options.binary) for_kept([&](size_t n, size_t id, uint32_t column) { frequency[column] = counted.document_counts[n][id]; });
  for (size_t row = 0; row < counted.rows() && !options.binary; ++row)
    counted.for_row(row, options.shortest, [&](size_t n, uint32_t id) {
      if (columns[n][id] != no_column) ++frequency[columns[n][id]];
    });

  std::vector<uint32_t> by_frequency(frequency.size());
  std::iota(by_frequency.begin(), by_frequency.end(), 0u);
  const auto more = [&](uint32_t a, uint32_t b) { return frequency[a] != frequency[b] ? frequency[a] > frequency[b] : a < b; };
  std::nth_element(by_frequency.begin(), by_frequency.begin() + static_cast<ptrdiff_t>(*options.max_features), by_frequency.end(), more);
  std::vector<uint8_t> chosen(frequency.size());
  for (size_t i = 0; i < *options.max_features; ++i) chosen[by_frequency[i]] = 1;
  for_kept([&](size_t n, size_t id, uint32_t column) { kept[n][id] = chosen[column]; });
}

}  // namespace

Result<CountedTexts> count_texts(std::span<const std::string_view> texts, const VectorizerOptions& options, const CancelToken& cancel) {
  CountedTexts counted;
  counted.numbers.resize(options.longest);
  counted.document_counts.resize(options.longest);
  counted.vocabulary.tables.resize(options.longest - 1);
  read_words(texts, options, cancel, counted);
  if (cancel.cancelled()) return interrupted();
  count_words(counted);
  for (size_t n = 1; n < options.longest; ++n) TRY(count_ngrams(counted, n, cancel));
  return counted;
}

Result<KeptTerms> choose_terms(CountedTexts& counted, const VectorizerOptions& options) {
  const double least = options.min_df.documents(counted.rows());
  const double most = options.max_df.documents(counted.rows());
  KeptTerms kept(counted.document_counts.size());
  size_t found = 0, left = 0;
  for (size_t n = 0; n < kept.size(); ++n) {
    kept[n].assign(counted.document_counts[n].size(), 0);
    if (n + 1 < options.shortest) continue;
    found += kept[n].size();
    for (size_t id = 0; id < kept[n].size(); ++id) {
      kept[n][id] = counted.document_counts[n][id] >= least && counted.document_counts[n][id] <= most;
      left += kept[n][id];
    }
  }
  if (found == 0)
    return stage_error("the texts hold no terms: no words are left in " + count_of(counted.rows(), "row"))
        .with_hint("look at the cleaning steps, stop_words and token_pattern");
  if (most < least) return config_error("max_df leaves fewer documents than min_df asks for").with_hint("raise max_df or lower min_df");
  if (left == 0) return stage_error("none of " + std::to_string(found) + " terms is left after min_df and max_df").with_hint("lower min_df or raise max_df");
  if (left > INT32_MAX)
    return stage_error("found " + std::to_string(left) + " terms, expected at most 2147483647").with_hint("set min_df: 2 or shorter ngrams");
  order_terms(counted.vocabulary, kept);
  if (options.max_features && left > *options.max_features) {
    keep_most_frequent(counted, options, kept);
    order_terms(counted.vocabulary, kept);
  }
  return kept;
}

}  // namespace mlopsctl::text
