#include "stages/text/wordpiece.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <unordered_map>

#include "stages/text/bert_unicode.hpp"
#include "stages/text/text_blocks.hpp"
#include "stages/text/unicode.hpp"

namespace mlopsctl::text {

namespace {

struct Ids {
  std::vector<int32_t>& ids;
  void add(int32_t id, uint32_t, uint32_t) { ids.push_back(id); }
  void keep(size_t count) { ids.resize(count); }
};

struct IdsAndOffsets {
  std::vector<int32_t>& ids;
  std::vector<Offsets>& offsets;
  void add(int32_t id, uint32_t begin, uint32_t end) {
    ids.push_back(id);
    offsets.push_back({begin, end});
  }
  void keep(size_t count) {
    offsets.resize(offsets.size() - (ids.size() - count));
    ids.resize(count);
  }
};

// Not white space and not punctuation: a byte of a word, or one that only the normaliser understands.
constexpr std::array<bool, 256> in_word_bytes = [] {
  std::array<bool, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const unsigned low = byte | 0x20;
    const bool alphanumeric = byte < 128 && ((low >= 'a' && low <= 'z') || (byte >= '0' && byte <= '9'));
    table[byte] = alphanumeric || byte >= 0x7F || (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r');
  }
  return table;
}();

// One past the last byte below `length` that is in no word; 0 if all are.
size_t last_boundary(const TextBlocks& blocks, size_t length) {
  for (size_t block = (length - 1) / 64 + 1; block-- > 0;) {
    uint64_t outside = ~blocks.word[block];
    if ((block + 1) * 64 > length) outside &= ~uint64_t{0} >> ((block + 1) * 64 - length);
    if (outside != 0) return block * 64 + static_cast<size_t>(std::bit_width(outside));
  }
  return 0;
}

uint32_t code_points(std::string_view text) {
  uint32_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) at += decode(text, at).bytes;
  return count;
}

}  // namespace

// One text on its way into a sink. Words between ASCII white space and punctuation are independent of each other: what is pure ASCII takes
// the fast path, what is not goes through the normaliser.
template <typename Sink>
class WordPiece::Run {
 public:
  Run(const WordPiece& model, Sink sink, size_t limit) : model_(model), sink_(sink), limit_(limit), normalizer_(model.normalization_) {}

  void text(std::string_view whole) {
    size_t done = 0;
    AddedTokens::Match match{};
    while (!full() && model_.added_.find(whole, done, done, match)) {
      stretch(whole.substr(done, match.begin - done));
      const uint32_t length = code_points(whole.substr(match.begin, match.end - match.begin));
      sink_.add(match.id, offset_, offset_ + length);
      offset_ += length;
      done = match.end;
    }
    stretch(whole.substr(done));
  }

 private:
  bool full() const { return sink_.ids.size() >= limit_; }

  // Text without added tokens.
  void stretch(std::string_view text) {
    if (!model_.added_normalized_.empty()) return normalized_stretch(text);
    TextBlocks blocks;
    for (size_t at = 0; at < text.size() && !full();) {
      const size_t length = std::min(TextBlocks::capacity, text.size() - at);
      blocks.fill(text.data() + at, length, model_.normalization_.lowercase);
      const size_t end = at + length < text.size() ? last_boundary(blocks, length) : length;
      if (end > 0) {
        window(text.substr(at, end), blocks);
        at += end;
        continue;
      }
      const size_t begin = at;
      while (at < text.size() && in_word_bytes[static_cast<unsigned char>(text[at])]) ++at;
      odd_word(text.substr(begin, at - begin));
    }
  }

  void window(std::string_view text, const TextBlocks& blocks) {
    uint32_t begin_of_text = offset_;  // of the byte 0, as if every character before the next one had been one byte
    uint64_t before = 0;
    for (size_t block = 0; block * 64 < text.size(); ++block) {
      const uint64_t words = blocks.word[block];
      const uint64_t punctuation = blocks.punctuation[block];
      uint64_t events = (words & ~(words << 1 | before)) | punctuation;
      before = words >> 63;
      if ((block + 1) * 64 > text.size()) events &= ~uint64_t{0} >> ((block + 1) * 64 - text.size());
      for (; events != 0; events &= events - 1) {
        const auto bit = static_cast<size_t>(std::countr_zero(events));
        const size_t at = block * 64 + bit;
        const uint32_t offset = begin_of_text + static_cast<uint32_t>(at);
        if ((punctuation >> bit & 1) != 0) {
          sink_.add(model_.punctuation_[static_cast<unsigned char>(text[at]) & 127u], offset, offset + 1);
          continue;
        }
        auto length = static_cast<size_t>(std::countr_one(bits_from(blocks.word, at)));
        while (length % 64 == 0 && at + length < text.size() && (bits_from(blocks.word, at + length) & 1) != 0)
          length += static_cast<size_t>(std::countr_one(bits_from(blocks.word, at + length)));
        if (has_odd(blocks, at, length)) {
          offset_ = offset;
          odd_word(text.substr(at, length));
          begin_of_text = offset_ - static_cast<uint32_t>(at + length);
        } else {
          ascii_word(blocks.lowered + at, length, offset);
        }
      }
    }
    offset_ = begin_of_text + static_cast<uint32_t>(text.size());
  }

  static bool has_odd(const TextBlocks& blocks, size_t at, size_t length) {
    for (; length > 64; length -= 64, at += 64)
      if (bits_from(blocks.odd, at) != 0) return true;
    return (bits_from(blocks.odd, at) & ~uint64_t{0} >> (64 - length)) != 0;
  }

  // At least 16 bytes are readable.
  void ascii_word(const char* word, size_t length, uint32_t offset) {
    const auto end = offset + static_cast<uint32_t>(length);
    if (length > model_.longest_word_) return sink_.add(model_.unk_, offset, end);
    if (length <= 16) {
      const int32_t id = model_.find_short(ShortWord::load(word, length));
      if (id >= 0) return sink_.add(id, offset, end);
    }
    const size_t before = sink_.ids.size();
    const bool known = model_.trie_.split(
        {word, length}, [&](int32_t id, size_t from, size_t to) { sink_.add(id, offset + static_cast<uint32_t>(from), offset + static_cast<uint32_t>(to)); });
    if (known) return;
    sink_.keep(before);
    sink_.add(model_.unk_, offset, end);
  }

  // What lies between two bytes of ASCII white space or punctuation.
  void odd_word(std::string_view text) {
    while (!text.empty()) {
      const size_t length = independent(text);
      offset_ += normalizer_.normalize(text.substr(0, length), offset_);
      words(0, normalizer_.chars().size());
      text.remove_prefix(length);
    }
  }

  // How much of a long text without ASCII spaces can be done by itself, so that memory stays bounded.
  size_t independent(std::string_view text) const {
    constexpr size_t enough = 4096;
    if (text.size() <= 2 * enough) return text.size();
    for (size_t at = 0; at < text.size();) {
      const CodePoint point = decode(text, at);
      at += point.bytes;
      if (at < enough) continue;
      const uint8_t classes = bert_classes(point.code);
      if ((classes & (bert_space | bert_removed)) == bert_space) return at;
      if (model_.normalization_.split_ideographs && (classes & bert_ideograph) != 0) return at;
    }
    return text.size();
  }

  // The normalised characters [first, last), split into words.
  void words(size_t first, size_t last) {
    const std::vector<NormalizedChar>& chars = normalizer_.chars();
    size_t begin = first;
    for (size_t at = first; at < last; ++at) {
      const uint8_t classes = bert_classes(chars[at].code);
      if ((classes & (bert_space | bert_punctuation)) == 0) continue;
      if (begin < at) word(begin, at);
      if ((classes & bert_punctuation) != 0) word(at, at + 1);
      begin = at + 1;
    }
    if (begin < last) word(begin, last);
  }

  void word(size_t first, size_t last) {
    const NormalizedChar* chars = normalizer_.chars().data() + first;
    const size_t count = last - first;
    const uint32_t begin = chars[0].begin, end = chars[count - 1].end;
    if (count > model_.longest_word_) return sink_.add(model_.unk_, begin, end);
    spell(first, last);
    const size_t before = sink_.ids.size();
    const bool known =
        model_.trie_.split(spelled_, [&](int32_t id, size_t from, size_t to) { sink_.add(id, chars[owner_[from]].begin, chars[owner_[to - 1]].end); });
    if (known) return;
    sink_.keep(before);
    sink_.add(model_.unk_, begin, end);
  }

  // The characters' bytes, and the number of the character that each belongs to.
  void spell(size_t first, size_t last) {
    spelled_.clear();
    owner_.clear();
    for (size_t at = first; at < last; ++at) {
      append_code(spelled_, normalizer_.chars()[at].code);
      owner_.resize(spelled_.size(), static_cast<uint32_t>(at - first));
    }
  }

  // For vocabularies with tokens that are sought in the normalised text, which then is needed as a whole.
  void normalized_stretch(std::string_view text) {
    offset_ += normalizer_.normalize(text, offset_);
    const std::vector<NormalizedChar>& chars = normalizer_.chars();
    spell(0, chars.size());
    const std::string whole = spelled_;
    std::vector<uint32_t> owner = owner_;
    owner.push_back(static_cast<uint32_t>(chars.size()));
    size_t done = 0;
    AddedTokens::Match match{};
    while (model_.added_normalized_.find(whole, done, done, match)) {
      words(owner[done], owner[match.begin]);
      sink_.add(match.id, chars[owner[match.begin]].begin, chars[owner[match.end - 1]].end);
      done = match.end;
    }
    words(owner[done], chars.size());
  }

  const WordPiece& model_;
  Sink sink_;
  size_t limit_;
  BertNormalizer normalizer_;
  uint32_t offset_ = 0;  // code points done
  std::string spelled_;
  std::vector<uint32_t> owner_;
};

void WordPiece::encode(std::string_view text, std::vector<int32_t>& ids) const { Run<Ids>(*this, {ids}, SIZE_MAX).text(text); }

void WordPiece::encode(std::string_view text, std::vector<int32_t>& ids, std::vector<Offsets>& offsets) const {
  Run<IdsAndOffsets>(*this, {ids, offsets}, SIZE_MAX).text(text);
}

void WordPiece::encode_input(std::string_view text, size_t max_tokens, Truncation truncation, std::vector<int32_t>& ids) const {
  assert(max_tokens >= 2);
  const size_t room = max_tokens - 2;
  ids.push_back(cls_);
  const size_t begin = ids.size();
  Run<Ids>(*this, {ids}, truncation == Truncation::head ? begin + room : SIZE_MAX).text(text);
  if (ids.size() > begin + room) {
    const size_t head = truncation == Truncation::head ? room : std::min(max_tokens / 4, room);
    const auto from = ids.begin() + static_cast<std::ptrdiff_t>(begin + head);
    ids.erase(from, ids.end() - static_cast<std::ptrdiff_t>(room - head));
  }
  ids.push_back(sep_);
}

std::string_view WordPiece::token(int32_t id) const {
  const auto at = static_cast<size_t>(id);
  return id < 0 || at >= size() ? std::string_view() : std::string_view(bytes_).substr(offsets_[at], offsets_[at + 1] - offsets_[at]);
}

}  // namespace mlopsctl::text
