// How a WordPiece is made of its settings.
#include <algorithm>
#include <bit>
#include <optional>
#include <unordered_map>

#include "stages/text/unicode.hpp"
#include "stages/text/wordpiece.hpp"

namespace mlopsctl::text {

namespace {

std::string shown(std::string_view token) {
  if (token.size() <= 60) return '"' + std::string(token) + '"';
  return '"' + std::string(token.substr(0, 60)) + "...\"";
}

bool is_short(std::string_view token) {
  return !token.empty() && token.size() <= 16 && std::all_of(token.begin(), token.end(), [](char c) {
    return static_cast<unsigned char>(c) < 128 && c != '_' && is_word(static_cast<unsigned char>(c));
  });
}

}  // namespace

Result<WordPiece> WordPiece::make(WordPieceSettings settings, const std::string& origin) {
  WordPiece made(settings);
  TRY(made.name_tokens(settings, origin));
  TRY(made.name_special(settings, origin));
  made.index_pieces(settings);
  TRY(made.index_added(settings, origin));
  return made;
}

Status WordPiece::name_tokens(const WordPieceSettings& settings, const std::string& origin) {
  if (settings.vocabulary.empty()) return config_error(origin + " holds no tokens");
  // Ids index arrays; a file that leaves most of them out is no vocabulary.
  const size_t most = 2 * (settings.vocabulary.size() + settings.added.size()) + 1024;
  std::vector<std::string_view> by_id;
  const auto name = [&](std::string_view token, int32_t id) -> Status {
    if (id < 0 || static_cast<size_t>(id) >= most)
      return config_error(origin + ": token " + shown(token) + " has the id " + std::to_string(id) + "; a vocabulary of " +
                          std::to_string(settings.vocabulary.size()) + " tokens has none below 0 or above " + std::to_string(most - 1));
    const auto at = static_cast<size_t>(id);
    if (by_id.size() <= at) by_id.resize(at + 1);
    if (by_id[at].data() != nullptr && by_id[at] != token)
      return config_error(origin + ": tokens " + shown(by_id[at]) + " and " + shown(token) + " have the same id " + std::to_string(id));
    by_id[at] = token;
    return {};
  };
  for (const auto& [token, id] : settings.vocabulary) TRY(name(token, id));
  for (const AddedToken& token : settings.added) TRY(name(token.content, token.id));
  for (const std::string_view token : by_id) {
    bytes_ += token;
    offsets_.push_back(static_cast<uint32_t>(bytes_.size()));
  }
  return {};
}

Status WordPiece::name_special(const WordPieceSettings& settings, const std::string& origin) {
  const auto find = [&](const std::string& token) -> std::optional<int32_t> {
    std::optional<int32_t> found;
    for (const AddedToken& added : settings.added)
      if (added.content == token) found = added.id;
    for (const auto& [content, id] : settings.vocabulary)
      if (content == token) found = id;
    return found;
  };
  struct Row {
    const std::string& token;
    const char* role;
    int32_t& id;
  };
  for (const Row& row : {Row{settings.unk, "unknown words", unk_}, Row{settings.cls, "the beginning of a text", cls_},
                         Row{settings.sep, "the end of a text", sep_}, Row{settings.pad, "padding", pad_}}) {
    const std::optional<int32_t> id = find(row.token);
    if (!id) return config_error(origin + " has no token " + shown(row.token) + ", which stands for " + row.role);
    row.id = *id;
  }
  mask_ = find(settings.mask).value_or(-1);
  return {};
}

void WordPiece::index_pieces(const WordPieceSettings& settings) {
  PieceTrie::Entries beginnings, continuations;
  punctuation_.fill(unk_);
  short_words_.resize(size());
  short_slots_.assign(std::bit_ceil(settings.vocabulary.size() * 2 + 2), -1);
  const size_t last = short_slots_.size() - 1;
  for (const auto& [token, id] : settings.vocabulary) {
    beginnings.emplace_back(token, id);
    if (token.starts_with(settings.continuation)) continuations.emplace_back(std::string_view(token).substr(settings.continuation.size()), id);
    if (token.size() == 1 && static_cast<unsigned char>(token.front()) < 128) punctuation_[static_cast<unsigned char>(token.front())] = id;
    if (!is_short(token)) continue;
    std::array<char, 16> padded{};
    std::copy(token.begin(), token.end(), padded.begin());
    const ShortWord word = ShortWord::load(padded.data(), token.size());
    size_t slot = word.hash() & last;
    while (short_slots_[slot] >= 0 && short_words_[static_cast<size_t>(short_slots_[slot])] != word) slot = (slot + 1) & last;
    short_slots_[slot] = id;
    short_words_[static_cast<size_t>(id)] = word;
  }
  trie_ = PieceTrie(std::move(beginnings), std::move(continuations));
}

Status WordPiece::index_added(const WordPieceSettings& settings, const std::string& origin) {
  std::vector<AddedToken> plain, normalized;
  BertNormalizer normalizer(normalization_);
  for (const AddedToken& token : settings.added) {
    if (!token.normalized) {
      if (!token.content.empty()) plain.push_back(token);
      continue;
    }
    AddedToken changed = token;
    changed.content.clear();
    normalizer.normalize(token.content, 0);
    for (const NormalizedChar& each : normalizer.chars()) append_code(changed.content, each.code);
    if (changed.content.empty()) return config_error(origin + ": nothing is left of the added token " + shown(token.content) + " once it is normalised");
    normalized.push_back(std::move(changed));
  }
  added_ = AddedTokens(std::move(plain));
  added_normalized_ = AddedTokens(std::move(normalized));
  return {};
}

}  // namespace mlopsctl::text
