#include "stages/text/added_tokens.hpp"

#include <algorithm>
#include <cstring>

#include "stages/text/bert_unicode.hpp"
#include "stages/text/unicode.hpp"

namespace mlopsctl::text {

namespace {

bool is_white(uint32_t code) { return (bert_classes(code) & bert_space) != 0; }

// \w of Rust's regular expressions: alphabetic, marks, decimal digits, connectors and joiners.
bool is_word_character(uint32_t code) {
  if (code < 128) return is_word(code);
  const bool letter_like = (code >= 0x2160 && code <= 0x2188) || (code >= 0x24B6 && code <= 0x24E9) || (code >= 0x1F130 && code <= 0x1F149) ||
                           (code >= 0x1F150 && code <= 0x1F169) || (code >= 0x1F170 && code <= 0x1F189);
  const bool connector =
      code == 0x203F || code == 0x2040 || code == 0x2054 || code == 0xFE33 || code == 0xFE34 || (code >= 0xFE4D && code <= 0xFE4F) || code == 0xFF3F;
  return is_letter(code) || is_digit(code) || letter_like || connector || code == 0x200C || code == 0x200D;
}

// Where the character before `at` begins; at > 0.
size_t step_back(std::string_view text, size_t at) {
  size_t start = at - 1;
  while (start > 0 && at - start < 4 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
  return start + decode(text, start).bytes == at ? start : at - 1;
}

bool stands_alone(std::string_view text, size_t begin, size_t end) {
  if (begin > 0 && is_word_character(decode(text, step_back(text, begin)).code)) return false;
  return end == text.size() || !is_word_character(decode(text, end).code);
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  const auto first_byte = [](const AddedToken& token) { return static_cast<unsigned char>(token.content.front()); };
  std::stable_sort(tokens_.begin(), tokens_.end(), [&](const AddedToken& a, const AddedToken& b) {
    return first_byte(a) != first_byte(b) ? first_byte(a) < first_byte(b) : a.content.size() > b.content.size();
  });
  for (const AddedToken& token : tokens_) {
    ++first_[first_byte(token) + 1u];
    if (first_bytes_.empty() || first_bytes_.back() != token.content.front()) first_bytes_ += token.content.front();
  }
  for (size_t byte = 0; byte < 256; ++byte) first_[byte + 1] += first_[byte];
}

size_t AddedTokens::next_candidate(std::string_view text, size_t at) const {
  if (first_bytes_.size() == 1) return std::min(text.find(first_bytes_.front(), at), text.size());
  while (at < text.size() && first_[static_cast<unsigned char>(text[at])] == first_[static_cast<unsigned char>(text[at]) + 1u]) ++at;
  return at;
}

const AddedToken* AddedTokens::longest_at(std::string_view text, size_t at) const {
  const auto byte = static_cast<unsigned char>(text[at]);
  for (uint32_t i = first_[byte]; i < first_[byte + 1u]; ++i)
    if (text.substr(at).starts_with(tokens_[i].content)) return &tokens_[i];
  return nullptr;
}

bool AddedTokens::find(std::string_view text, size_t from, size_t floor, Match& match) const {
  if (tokens_.empty()) return false;
  for (size_t at = next_candidate(text, from); at < text.size(); at = next_candidate(text, at)) {
    const AddedToken* token = longest_at(text, at);
    if (token == nullptr) {
      ++at;
      continue;
    }
    const size_t end = at + token->content.size();
    if (token->single_word && !stands_alone(text, at, end)) {
      at = end;
      continue;
    }
    match = {at, end, end, token->id};
    while (token->lstrip && match.begin > floor) {
      const size_t before = step_back(text, match.begin);
      if (before < floor || !is_white(decode(text, before).code)) break;
      match.begin = before;
    }
    while (token->rstrip && match.end < text.size()) {
      const CodePoint after = decode(text, match.end);
      if (!is_white(after.code)) break;
      match.end += after.bytes;
    }
    return true;
  }
  return false;
}

}  // namespace mlopsctl::text
