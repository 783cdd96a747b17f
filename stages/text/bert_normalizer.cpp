#include "stages/text/bert_normalizer.hpp"

#include <algorithm>

#include "stages/text/bert_unicode.hpp"
#include "stages/text/unicode.hpp"

namespace mlopsctl::text {

uint32_t BertNormalizer::normalize(std::string_view text, uint32_t offset) {
  chars_.clear();
  uint32_t at = offset;
  for (size_t byte = 0; byte < text.size(); ++at) {
    const CodePoint point = decode(text, byte);
    byte += point.bytes;
    NormalizedChar next{point.code, at, at + 1};
    const uint8_t classes = bert_classes(point.code);
    if (steps_.clean_text) {
      if ((classes & bert_removed) != 0) continue;
      if ((classes & bert_space) != 0) next.code = ' ';
    }
    if (steps_.split_ideographs && (classes & bert_ideograph) != 0) {
      const NormalizedChar space{' ', at, at + 1};
      chars_.insert(chars_.end(), {space, next, space});
    } else {
      chars_.push_back(next);
    }
  }
  if (steps_.strip_accents) decompose();
  if (steps_.lowercase) lower();
  return at - offset;
}

// Hugging Face gives a decomposed text the alignments of the composed one in order: what was not added takes the next one, what was
// added that of its neighbour on the left, wherever canonical ordering has put it.
void BertNormalizer::decompose() {
  if (std::all_of(chars_.begin(), chars_.end(), [](const NormalizedChar& each) { return each.code < 0xC0; })) return;
  parts_.clear();
  std::array<uint32_t, 4> codes;
  for (const NormalizedChar& each : chars_) {
    const size_t count = bert_decompose(each.code, codes);
    for (size_t i = 0; i < count; ++i) parts_.push_back({codes[i], bert_combining_class(codes[i]), i > 0});
  }
  for (size_t begin = 0; begin < parts_.size(); ++begin) {
    if (parts_[begin].combining == 0) continue;
    size_t end = begin;
    while (end < parts_.size() && parts_[end].combining != 0) ++end;
    std::stable_sort(parts_.begin() + static_cast<std::ptrdiff_t>(begin), parts_.begin() + static_cast<std::ptrdiff_t>(end),
                     [](const Part& a, const Part& b) { return a.combining < b.combining; });
    begin = end;
  }
  previous_.swap(chars_);
  chars_.clear();
  size_t taken = 0;
  for (const Part& part : parts_) {
    if (!part.added) ++taken;
    if ((bert_classes(part.code) & bert_mark) != 0) continue;
    const NormalizedChar& origin = previous_[std::max<size_t>(taken, 1) - 1];
    chars_.push_back({part.code, origin.begin, origin.end});
  }
}

void BertNormalizer::lower() {
  previous_.clear();
  for (const NormalizedChar& each : chars_) {
    const LowerCase lowered = bert_lower(each.code);
    previous_.push_back({lowered.first, each.begin, each.end});
    if (lowered.second != 0) previous_.push_back({lowered.second, each.begin, each.end});
  }
  chars_.swap(previous_);
}

}  // namespace mlopsctl::text
