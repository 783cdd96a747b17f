// A WordPiece from Hugging Face's files: vocab.txt, tokenizer.json, tokenizer_config.json.
#include <algorithm>
#include <map>
#include <optional>
#include <system_error>

#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"
#include "stages/text/bert_unicode.hpp"
#include "stages/text/unicode.hpp"
#include "stages/text/wordpiece.hpp"

namespace mlopsctl::text {

namespace {

constexpr size_t largest_file = size_t{64} << 20;

// A value in a file, with the words for a message about it.
struct Place {
  std::string file;
  std::string path;  // "model.vocab"

  Error wrong(const Json& found, const std::string& expected) const {
    std::string shown = found.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (shown.size() > 60) shown = shown.substr(0, shown[57] >= 0 ? 57 : shown.find_last_of("[{\",", 57) + 1) + "...";
    return config_error(file + ": " + path + " is " + shown + "; expected " + expected);
  }
  Place at(const std::string& key) const { return {file, path.empty() ? key : path + "." + key}; }
};

// The value of `key`; nothing where it is missing or null.
const Json* value_of(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Status read_flag(const Json& object, const char* key, const Place& place, bool& value) {
  const Json* found = value_of(object, key);
  if (found == nullptr) return {};
  if (!found->is_boolean()) return place.at(key).wrong(*found, "true or false");
  value = found->get<bool>();
  return {};
}

Status read_text(const Json& object, const char* key, const Place& place, std::string& value) {
  const Json* found = value_of(object, key);
  if (found == nullptr) return {};
  if (!found->is_string()) return place.at(key).wrong(*found, "text");
  value = found->get<std::string>();
  return {};
}

Result<int32_t> read_id(const Json& value, const Place& place) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() > INT32_MAX) return place.wrong(value, "a token's number, 0 or more");
  return value.get<int32_t>();
}

// Only what we implement may be there.
Status require_type(const Json& file, const char* part, const char* type, const Place& root) {
  const Json* found = value_of(file, part);
  if (found == nullptr) return config_error(root.file + " has no " + part + "; expected one of type \"" + type + "\"");
  const Place place = root.at(part).at("type");
  const Json* name = value_of(*found, "type");
  if (name == nullptr || *name != type) return place.wrong(name == nullptr ? Json() : *name, '"' + std::string(type) + '"');
  return {};
}

Result<AddedToken> read_added(const Json& entry, const Place& place) {
  AddedToken token;
  if (!entry.is_object()) return place.wrong(entry, "an object with content and id");
  TRY(read_text(entry, "content", place, token.content));
  if (token.content.empty()) return config_error(place.file + ": " + place.path + " has no content");
  bool special = false;
  TRY(read_flag(entry, "special", place, special));
  token.normalized = !special;
  TRY(read_flag(entry, "normalized", place, token.normalized));
  TRY(read_flag(entry, "single_word", place, token.single_word));
  TRY(read_flag(entry, "lstrip", place, token.lstrip));
  TRY(read_flag(entry, "rstrip", place, token.rstrip));
  return token;
}

Result<std::string> read_bounded(const std::filesystem::path& path, const std::string& name) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (!error && size > largest_file)
    return config_error(name + " has " + std::to_string(size) + " bytes; a tokenizer's file has at most " + std::to_string(largest_file));
  return read_file(path);
}

// tokenizer.json

Status read_model(const Json& model, const Place& place, WordPieceSettings& settings) {
  TRY(read_text(model, "unk_token", place, settings.unk));
  TRY(read_text(model, "continuing_subword_prefix", place, settings.continuation));
  if (const Json* longest = value_of(model, "max_input_chars_per_word")) {
    if (!longest->is_number_unsigned() || *longest == 0) return place.at("max_input_chars_per_word").wrong(*longest, "a number above 0");
    settings.longest_word = longest->get<uint64_t>();
  }
  const Json* vocabulary = value_of(model, "vocab");
  if (vocabulary == nullptr || !vocabulary->is_object())
    return place.at("vocab").wrong(vocabulary == nullptr ? Json() : *vocabulary, "an object from tokens to numbers");
  settings.vocabulary.reserve(vocabulary->size());
  for (const auto& [token, id] : vocabulary->items()) {
    TRY_ASSIGN(const int32_t number, read_id(id, place.at("vocab").at(token)));
    settings.vocabulary.emplace_back(token, number);
  }
  return {};
}

Status read_normalizer(const Json& normalizer, const Place& place, BertNormalization& steps) {
  TRY(read_flag(normalizer, "clean_text", place, steps.clean_text));
  TRY(read_flag(normalizer, "handle_chinese_chars", place, steps.split_ideographs));
  TRY(read_flag(normalizer, "lowercase", place, steps.lowercase));
  steps.strip_accents = steps.lowercase;
  return read_flag(normalizer, "strip_accents", place, steps.strip_accents);
}

// What goes around a text: one token, the text, one token.
Status read_template(const Json& processor, const Place& place, WordPieceSettings& settings) {
  const Json* type = value_of(processor, "type");
  if (type != nullptr && *type == "BertProcessing") {
    for (const auto& [key, token] : {std::pair("cls", &settings.cls), std::pair("sep", &settings.sep)}) {
      const Json* pair = value_of(processor, key);
      if (pair == nullptr || !pair->is_array() || pair->size() != 2 || !pair->front().is_string())
        return place.at(key).wrong(pair == nullptr ? Json() : *pair, "a list of a token and its number");
      *token = pair->front().get<std::string>();
    }
    return {};
  }
  if (type == nullptr || *type != "TemplateProcessing")
    return place.at("type").wrong(type == nullptr ? Json() : *type, "\"TemplateProcessing\" or \"BertProcessing\"");
  const Json* single = value_of(processor, "single");
  const auto token = [&](size_t at) -> const Json* {
    const Json* special = value_of((*single)[at], "SpecialToken");
    const Json* id = special == nullptr ? nullptr : value_of(*special, "id");
    return id != nullptr && id->is_string() ? id : nullptr;
  };
  if (single == nullptr || !single->is_array() || single->size() != 3 || token(0) == nullptr || value_of((*single)[1], "Sequence") == nullptr ||
      token(2) == nullptr)
    return place.at("single").wrong(single == nullptr ? Json() : *single, "a special token, the text, a special token");
  settings.cls = token(0)->get<std::string>();
  settings.sep = token(2)->get<std::string>();
  return {};
}

Status read_tokenizer_json(const std::string& text, const std::string& name, WordPieceSettings& settings) {
  TRY_ASSIGN(const Json file, parse_json(text, name));
  const Place root{name, ""};
  if (!file.is_object()) return config_error(name + " is no object; expected a tokenizer as Hugging Face writes it");
  TRY(require_type(file, "model", "WordPiece", root));
  TRY(require_type(file, "normalizer", "BertNormalizer", root));
  TRY(require_type(file, "pre_tokenizer", "BertPreTokenizer", root));
  TRY(read_model(file["model"], root.at("model"), settings));
  TRY(read_normalizer(file["normalizer"], root.at("normalizer"), settings.normalization));
  if (const Json* processor = value_of(file, "post_processor")) TRY(read_template(*processor, root.at("post_processor"), settings));
  const Json* added = value_of(file, "added_tokens");
  if (added == nullptr) return {};
  if (!added->is_array()) return root.at("added_tokens").wrong(*added, "a list");
  for (const Json& entry : *added) {
    const Place place = root.at("added_tokens." + std::to_string(settings.added.size()));
    TRY_ASSIGN(AddedToken token, read_added(entry, place));
    TRY_ASSIGN(token.id, read_id(entry.contains("id") ? entry["id"] : Json(), place.at("id")));
    settings.added.push_back(std::move(token));
  }
  return {};
}

// vocab.txt

Status read_lines(std::string_view lines, const std::string& name, WordPieceSettings& settings) {
  for (int32_t id = 0; !lines.empty(); ++id) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view token = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    size_t length = 0;  // without white space at the end
    for (size_t at = 0; at < token.size();) {
      const CodePoint point = decode(token, at);
      if (point.code == 0xFFFD && point.bytes == 1)
        return config_error(name + ":" + std::to_string(id + 1) + ": byte " + std::to_string(at + 1) + " of the line is not UTF-8");
      at += point.bytes;
      const bool graphic = point.code > ' ' && point.code < 0x7F;
      if (graphic || (bert_classes(point.code) & bert_space) == 0) length = at;
    }
    settings.vocabulary.emplace_back(token.substr(0, length), id);
  }
  return {};
}

// Which of the special tokens a vocabulary has, as tokens that are found in a text as they are.
void add_special(WordPieceSettings& settings) {
  const std::array<const std::string*, 5> specials = {&settings.pad, &settings.unk, &settings.cls, &settings.sep, &settings.mask};
  for (const auto& entry : settings.vocabulary) {
    const auto& token = entry.first;  // by name: clang 14 lets no lambda see a structured binding
    const bool special = std::any_of(specials.begin(), specials.end(), [&](const std::string* each) { return *each == token; });
    const bool there = std::any_of(settings.added.begin(), settings.added.end(), [&](const AddedToken& each) { return each.content == token; });
    if (special && !there && !token.empty()) settings.added.push_back({token, entry.second, false, false, false, false});
  }
}

// tokenizer_config.json: what is said there comes before tokenizer.json.
Status read_config(const std::string& text, const std::string& name, WordPieceSettings& settings) {
  TRY_ASSIGN(const Json file, parse_json(text, name));
  const Place root{name, ""};
  if (!file.is_object()) return config_error(name + " is no object; expected a tokenizer's settings as Hugging Face writes them");
  bool basic = true;
  TRY(read_flag(file, "do_basic_tokenize", root, basic));
  if (!basic) return root.at("do_basic_tokenize").wrong(false, "true: text is split at white space and punctuation first");
  BertNormalization& steps = settings.normalization;
  const bool derived = steps.strip_accents == steps.lowercase;
  TRY(read_flag(file, "do_lower_case", root, steps.lowercase));
  if (derived) steps.strip_accents = steps.lowercase;
  TRY(read_flag(file, "strip_accents", root, steps.strip_accents));
  TRY(read_flag(file, "tokenize_chinese_chars", root, steps.split_ideographs));
  for (const auto& [key, token] : {std::pair("unk_token", &settings.unk), std::pair("cls_token", &settings.cls), std::pair("sep_token", &settings.sep),
                                   std::pair("pad_token", &settings.pad), std::pair("mask_token", &settings.mask)}) {
    const Json* found = value_of(file, key);
    if (found != nullptr && found->is_object()) TRY(read_text(*found, "content", root.at(key), *token));
    else TRY(read_text(file, key, root, *token));
  }
  const Json* added = value_of(file, "added_tokens_decoder");
  if (added == nullptr || !settings.added.empty()) return {};
  if (!added->is_object()) return root.at("added_tokens_decoder").wrong(*added, "an object from numbers to tokens");
  for (const auto& [key, entry] : added->items()) {
    const Place place = root.at("added_tokens_decoder").at(key);
    TRY_ASSIGN(AddedToken token, read_added(entry, place));
    const Json number = Json::parse(key, nullptr, false);
    TRY_ASSIGN(token.id, read_id(number, place));
    settings.added.push_back(std::move(token));
  }
  return {};
}

}  // namespace

Result<WordPiece> WordPiece::from_vocabulary(std::string_view lines, Casing casing, const std::string& origin) {
  WordPieceSettings settings;
  settings.normalization.lowercase = settings.normalization.strip_accents = casing == Casing::uncased;
  TRY(read_lines(lines, origin, settings));
  add_special(settings);
  return make(std::move(settings), origin);
}

Result<WordPiece> WordPiece::load(const std::filesystem::path& folder, std::string origin) {
  const auto exists = [&](const char* file) {
    std::error_code error;
    return std::filesystem::exists(folder / file, error);
  };
  const auto read = [&](const char* file) { return read_bounded(folder / file, origin + "/" + file); };
  WordPieceSettings settings;
  const bool json = exists("tokenizer.json");
  if (!json && !exists("vocab.txt"))
    return config_error(origin + " has neither tokenizer.json nor vocab.txt").with_hint("copy them from the model's page on Hugging Face into " + origin);
  const std::string source = origin + (json ? "/tokenizer.json" : "/vocab.txt");
  if (json) {
    TRY_ASSIGN(const std::string text, read("tokenizer.json"));
    TRY(read_tokenizer_json(text, source, settings));
  } else {
    TRY_ASSIGN(const std::string text, read("vocab.txt"));
    TRY(read_lines(text, source, settings));
  }
  if (exists("tokenizer_config.json")) {
    TRY_ASSIGN(const std::string text, read("tokenizer_config.json"));
    TRY(read_config(text, origin + "/tokenizer_config.json", settings));
  }
  if (!json) add_special(settings);
  return make(std::move(settings), source);
}

}  // namespace mlopsctl::text
