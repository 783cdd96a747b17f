#include "stages/weights/vocabulary_size.hpp"

#include <algorithm>

#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"

namespace mlopsctl::weights {
namespace {

Result<int64_t> lines_of(const std::filesystem::path& path) {
  TRY_ASSIGN(const std::string text, read_file(path));
  return std::count(text.begin(), text.end(), '\n') + (text.empty() || text.back() == '\n' ? 0 : 1);
}

// One more than the greatest id of "model.vocab" and "added_tokens".
Result<int64_t> words_of(const std::filesystem::path& path, const std::string& origin) {
  TRY_ASSIGN(const std::string text, read_file(path));
  auto parsed = parse_json(text, origin);
  if (!parsed) return stage_error(parsed.error().message);
  const Json json = *std::move(parsed);
  const auto fault = [&](const std::string& what) { return stage_error(origin + ": " + what); };
  if (!json.is_object() || !json.contains("model") || !json["model"].is_object() || !json["model"].contains("vocab") || !json["model"]["vocab"].is_object())
    return fault("has no model.vocab that maps words to ids");
  int64_t size = 0;
  const auto add = [&](const Json& id) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= 1'000'000'000) return false;
    size = std::max(size, id.get<int64_t>() + 1);
    return true;
  };
  for (const auto& [word, id] : json["model"]["vocab"].items())
    if (!add(id)) return fault("model.vocab: the word \"" + word + "\": expected an id, got " + canonical(id));
  if (json.contains("added_tokens") && json["added_tokens"].is_array())
    for (const Json& token : json["added_tokens"])
      if (!token.is_object() || !token.contains("id") || !add(token["id"])) return fault("added_tokens: expected objects with an id, got " + canonical(token));
  return size;
}

bool fits(int64_t words, int64_t vocab_size) {
  if (words == vocab_size) return true;
  for (const int64_t multiple : {8, 16, 32, 64, 128})
    if ((words + multiple - 1) / multiple * multiple == vocab_size) return true;
  return false;
}

}  // namespace

Status check_vocabulary_size(const std::filesystem::path& folder, const std::string& origin, int64_t vocab_size) {
  std::error_code ignored;
  for (const std::string name : {"vocab.txt", "tokenizer.json"}) {
    if (!std::filesystem::exists(folder / name, ignored)) continue;
    TRY_ASSIGN(const int64_t words, name == "vocab.txt" ? lines_of(folder / name) : words_of(folder / name, origin + "/" + name));
    if (fits(words, vocab_size)) continue;
    return stage_error(origin + "/" + name + ": has " + std::to_string(words) + " words, config.json says vocab_size " + std::to_string(vocab_size))
        .with_hint("take config.json, the weights and the vocabulary from one and the same model");
  }
  return {};
}

}  // namespace mlopsctl::weights
