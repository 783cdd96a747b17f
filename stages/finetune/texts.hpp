// Texts as token ids, one after another.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/result.hpp"
#include "stages/finetune/batches.hpp"
#include "stages/finetune/network.hpp"
#include "stages/finetune/options.hpp"
#include "stages/text/wordpiece.hpp"

namespace mlopsctl::finetune {

struct TokenLimit {
  int64_t max_tokens = 128;  // special tokens included
  Truncation truncation = Truncation::head;
};

struct TokenisedTexts {
  std::vector<int32_t> ids;         // of all texts, special tokens included
  std::vector<uint64_t> starts{0};  // texts + 1 of them
  std::vector<int32_t> lengths;     // of each text, in tokens
  size_t cut = 0;                   // how many texts were longer than the limit
  size_t size() const { return lengths.size(); }
  std::span<const int32_t> text(size_t i) const { return std::span(ids).subspan(starts[i], starts[i + 1] - starts[i]); }
};

// On all cores; the result does not depend on how many there are. An Error of kind interrupted when cancelled.
Result<TokenisedTexts> tokenise(std::span<const std::string_view> texts, const text::WordPiece& tokenizer, const TokenLimit& limit, const CancelToken& cancel);

// The texts of a group, without labels.
Batch batch_of(const TokenisedTexts& texts, const Group& group);

Error cancelled_while(std::string_view what);  // "cancelled while ..."

}  // namespace mlopsctl::finetune
