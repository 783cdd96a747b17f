#include "stages/text/vocabulary.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

namespace mlopsctl::text {

namespace {

// The first eight bytes as a number that sorts like them.
uint64_t leading_bytes(std::string_view word) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value = value << 8 | (i < word.size() ? static_cast<unsigned char>(word[i]) : 0);
  return value;
}

// Numbers of the words in byte order.
std::vector<uint32_t> sorted_words(const WordTable& words) {
  struct Entry {
    uint64_t lead;
    uint32_t id;
  };
  std::vector<Entry> entries(words.size());
  for (uint32_t id = 0; id < entries.size(); ++id) entries[id] = {leading_bytes(words.word(id)), id};
  std::sort(entries.begin(), entries.end(),
            [&](const Entry& a, const Entry& b) { return a.lead != b.lead ? a.lead < b.lead : words.word(a.id) < words.word(b.id); });
  std::vector<uint32_t> order(entries.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = entries[i].id;
  return order;
}

std::vector<uint32_t> ranks_of(const std::vector<uint32_t>& order) {
  std::vector<uint32_t> ranks(order.size());
  for (uint32_t rank = 0; rank < order.size(); ++rank) ranks[order[rank]] = rank;
  return ranks;
}

// Stable counting sort of `order` by rank(id) < buckets.
template <typename Rank>
void sort_by(std::vector<uint32_t>& order, size_t buckets, Rank rank) {
  std::vector<uint32_t> starts(buckets + 1);
  for (const uint32_t id : order) ++starts[rank(id) + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  std::vector<uint32_t> sorted(order.size());
  for (const uint32_t id : order) sorted[starts[rank(id)]++] = id;
  order.swap(sorted);
}

uint32_t prefix_of(uint64_t key) { return static_cast<uint32_t>(key >> 32); }
uint32_t word_of(uint64_t key) { return static_cast<uint32_t>(key); }

// The n-grams of one length in the order of their words.
struct Level {
  std::vector<uint64_t> keys;   // by number; empty for single words
  std::vector<uint32_t> order;  // numbers in byte order
  std::vector<uint32_t> below;  // by number: kept terms that start with it, itself included
};

std::vector<Level> make_levels(const Vocabulary& counted, const KeptTerms& kept) {
  std::vector<Level> levels(kept.size());
  levels[0].order = sorted_words(counted.words);
  const std::vector<uint32_t> word_ranks = ranks_of(levels[0].order);
  std::vector<uint32_t> prefix_ranks = word_ranks;
  for (size_t n = 1; n < levels.size(); ++n) {
    Level& level = levels[n];
    level.keys = counted.tables[n - 1].keys();
    level.order.resize(level.keys.size());
    std::iota(level.order.begin(), level.order.end(), 0u);
    sort_by(level.order, word_ranks.size(), [&](uint32_t id) { return word_ranks[word_of(level.keys[id])]; });
    sort_by(level.order, prefix_ranks.size(), [&](uint32_t id) { return prefix_ranks[prefix_of(level.keys[id])]; });
    if (n + 1 < levels.size()) prefix_ranks = ranks_of(level.order);
  }
  for (size_t n = levels.size(); n-- > 0;) {
    Level& level = levels[n];
    level.below.resize(kept[n].size());
    for (size_t id = 0; id < level.below.size(); ++id) level.below[id] += kept[n][id];
    if (n == 0) break;
    std::vector<uint32_t>& above = levels[n - 1].below;
    above.resize(kept[n - 1].size());
    for (size_t id = 0; id < level.below.size(); ++id) above[prefix_of(level.keys[id])] += level.below[id];
  }
  return levels;
}

// Length of the n-gram's text.
size_t text_length(const WordTable& words, const std::vector<Level>& levels, size_t n, uint32_t id) {
  size_t length = 0;
  for (; n > 0; --n) {
    const uint64_t key = levels[n].keys[id];
    length += words.word(word_of(key)).size() + 1;
    id = prefix_of(key);
  }
  return length + words.word(id).size();
}

// Writes the n-gram so that it ends at `end`.
void write_text(const WordTable& words, const std::vector<Level>& levels, size_t n, uint32_t id, char* end) {
  for (; n > 0; --n) {
    const uint64_t key = levels[n].keys[id];
    const std::string_view word = words.word(word_of(key));
    end -= word.size();
    word.copy(end, word.size());
    *--end = ' ';
    id = prefix_of(key);
  }
  const std::string_view word = words.word(id);
  word.copy(end - word.size(), word.size());
}

void spell(Vocabulary& vocabulary, const std::vector<Level>& levels) {
  const size_t terms = levels.empty() ? 0 : std::accumulate(levels[0].below.begin(), levels[0].below.end(), size_t{0});
  vocabulary.offsets.assign(terms + 1, 0);
  for (size_t n = 0; n < levels.size(); ++n)
    for (uint32_t id = 0; id < vocabulary.columns[n].size(); ++id)
      if (const uint32_t column = vocabulary.columns[n][id]; column != no_column)
        vocabulary.offsets[column + size_t{1}] = text_length(vocabulary.words, levels, n, id);
  std::partial_sum(vocabulary.offsets.begin(), vocabulary.offsets.end(), vocabulary.offsets.begin());
  vocabulary.bytes.resize(vocabulary.offsets.back());
  for (size_t n = 0; n < levels.size(); ++n)
    for (uint32_t id = 0; id < vocabulary.columns[n].size(); ++id)
      if (const uint32_t column = vocabulary.columns[n][id]; column != no_column)
        write_text(vocabulary.words, levels, n, id, vocabulary.bytes.data() + vocabulary.offsets[column + size_t{1}]);
}

}  // namespace

void order_terms(Vocabulary& counted, const KeptTerms& kept) {
  const std::vector<Level> levels = make_levels(counted, kept);
  // Columns in the order of a walk through the tree of prefixes: a term, then all that start with it.
  counted.columns.resize(levels.size());
  std::vector<uint32_t> next;  // by number of the prefix: the first column that is free below it
  for (size_t n = 0; n < levels.size(); ++n) {
    const Level& level = levels[n];
    std::vector<uint32_t>& columns = counted.columns[n];
    columns.assign(kept[n].size(), no_column);
    std::vector<uint32_t> first(kept[n].size());
    uint32_t running = 0;
    for (const uint32_t id : level.order) {
      uint32_t& position = n == 0 ? running : next[prefix_of(level.keys[id])];
      if (kept[n][id] != 0) columns[id] = position;
      first[id] = position + kept[n][id];
      position += level.below[id];
    }
    next.swap(first);
  }
  spell(counted, levels);
}

void finish_tables(Vocabulary& vocabulary) {
  for (size_t n = 1; n < vocabulary.columns.size(); ++n) {
    const std::vector<uint32_t> columns = std::exchange(vocabulary.columns[n], {});
    vocabulary.tables[n - 1].mark([&](uint32_t id) { return columns[id]; });
  }
}

}  // namespace mlopsctl::text
