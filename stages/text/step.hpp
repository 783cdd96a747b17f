// A cleaning step: the row that describes it and the object that does it. To add one: a row in one of the *_steps() functions.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/spec/field.hpp"

namespace mlopsctl::text {

class Step {
 public:
  virtual ~Step() = default;
  // Replaces `out`; `text` is never part of `out`. Thread-safe.
  virtual void apply(std::string_view text, std::string& out) const = 0;
};

using StepPtr = std::unique_ptr<Step>;

// `options`: complete, checked against the row's fields.
struct StepRow {
  spec::Alternative alternative;
  Result<StepPtr> (*make)(const Json& options);
};

// `make` of a step that puts options.replace_with in the place of what it removes.
template <typename Made>
Result<StepPtr> with_replacement(const Json& options) {
  return StepPtr(std::make_unique<Made>(options.at("replace_with").get<std::string>()));
}

std::vector<StepRow> markup_steps();     // decode_html, strip_html, strip_urls, strip_mentions
std::vector<StepRow> character_steps();  // lowercase, normalize_unicode, strip_punctuation, strip_digits, keep_letters, ...
std::vector<StepRow> word_steps();       // expand_chat_words, stop_words, stem, truncate_words
std::vector<StepRow> regex_steps();      // regex_replace

}  // namespace mlopsctl::text
