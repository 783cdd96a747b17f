#include "stages/finetune/texts.hpp"

#include <algorithm>

#include "pipeline/base/parallel.hpp"

namespace mlopsctl::finetune {
namespace {

constexpr size_t texts_at_once = 256;  // of one thread

struct Part {
  std::vector<int32_t> ids, lengths;
  size_t cut = 0;
};

Part tokenise_part(std::span<const std::string_view> texts, const text::WordPiece& tokenizer, const TokenLimit& limit) {
  const auto most = static_cast<size_t>(limit.max_tokens);
  const auto how = limit.truncation == Truncation::head_and_tail ? text::Truncation::head_and_tail : text::Truncation::head;
  Part part;
  std::vector<int32_t> longer;
  for (const std::string_view each : texts) {
    const size_t before = part.ids.size();
    tokenizer.encode_input(each, most, how, part.ids);
    const size_t length = part.ids.size() - before;
    part.lengths.push_back(static_cast<int32_t>(length));
    if (length < most) continue;
    longer.clear();
    tokenizer.encode_input(each, most + 1, how, longer);
    part.cut += longer.size() > most;
  }
  return part;
}

}  // namespace

Result<TokenisedTexts> tokenise(std::span<const std::string_view> texts, const text::WordPiece& tokenizer, const TokenLimit& limit, const CancelToken& cancel) {
  std::vector<Part> parts((texts.size() + texts_at_once - 1) / texts_at_once);
  in_parallel(parts.size(), processors(), [&](size_t i) {
    if (cancel.cancelled()) return;
    const size_t begin = i * texts_at_once;
    parts[i] = tokenise_part(texts.subspan(begin, std::min(texts_at_once, texts.size() - begin)), tokenizer, limit);
  });
  if (cancel.cancelled()) return cancelled_while("splitting texts into tokens");
  TokenisedTexts all;
  size_t tokens = 0;
  for (const Part& part : parts) tokens += part.ids.size();
  all.ids.reserve(tokens);
  all.starts.reserve(texts.size() + 1);
  all.lengths.reserve(texts.size());
  for (Part& part : parts) {
    all.ids.insert(all.ids.end(), part.ids.begin(), part.ids.end());
    for (const int32_t length : part.lengths) {
      all.lengths.push_back(length);
      all.starts.push_back(all.starts.back() + static_cast<uint64_t>(length));
    }
    all.cut += part.cut;
    part = {};
  }
  return all;
}

Batch batch_of(const TokenisedTexts& texts, const Group& group) {
  Batch batch;
  for (const uint32_t text : group) {
    const auto ids = texts.text(text);
    batch.ids.insert(batch.ids.end(), ids.begin(), ids.end());
    batch.starts.push_back(static_cast<int32_t>(batch.ids.size()));
  }
  return batch;
}

Error cancelled_while(std::string_view what) {
  Error error = stage_error("cancelled while " + std::string(what));
  error.kind = ErrorKind::interrupted;
  return error;
}

}  // namespace mlopsctl::finetune
