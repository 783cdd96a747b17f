#include <set>

#include "stages/text/step.hpp"
#include "stages/text/unicode.hpp"

namespace mlopsctl::text {

namespace {

class Lowercase final : public Step {
 public:
  void apply(std::string_view text, std::string& out) const override { lower(text, out); }
};

class NormalizeUnicode final : public Step {
 public:
  explicit NormalizeUnicode(Form form) : form_(form) {}
  void apply(std::string_view text, std::string& out) const override { normalize(text, form_, out); }

 private:
  Form form_;
};

Result<StepPtr> make_normalize(const Json& options) {
  const auto& name = options.at("form").get_ref<const std::string&>();
  const Form form = name == "nfc" ? Form::nfc : name == "nfd" ? Form::nfd : name == "nfkc" ? Form::nfkc : Form::nfkd;
  return StepPtr(std::make_unique<NormalizeUnicode>(form));
}

// Replaces each character of a kind; with `merge`, each run of them.
template <typename Unwanted>
void replace_characters(std::string_view text, std::string_view replacement, bool merge, std::string& out, Unwanted unwanted) {
  out.clear();
  size_t kept = 0;
  bool in_run = false;
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    if (unwanted(point.code)) {
      out.append(text, kept, at - kept);
      if (!merge || !in_run) out += replacement;
      in_run = true;
      kept = at + point.bytes;
    } else {
      in_run = false;
    }
    at += point.bytes;
  }
  out.append(text, kept);
}

class StripPunctuation final : public Step {
 public:
  StripPunctuation(std::string replacement, std::string_view keep) : replacement_(std::move(replacement)) {
    for (size_t at = 0; at < keep.size();) {
      const CodePoint point = decode(keep, at);
      keep_.insert(point.code);
      at += point.bytes;
    }
  }
  void apply(std::string_view text, std::string& out) const override {
    replace_characters(text, replacement_, false, out, [&](uint32_t code) { return is_punctuation(code) && (keep_.empty() || keep_.count(code) == 0); });
  }

 private:
  std::string replacement_;
  std::set<uint32_t> keep_;
};

class StripDigits final : public Step {
 public:
  explicit StripDigits(std::string replacement) : replacement_(std::move(replacement)) {}
  void apply(std::string_view text, std::string& out) const override { replace_characters(text, replacement_, true, out, is_digit); }

 private:
  std::string replacement_;
};

class KeepLetters final : public Step {
 public:
  explicit KeepLetters(bool ascii) : ascii_(ascii) {}
  void apply(std::string_view text, std::string& out) const override {
    replace_characters(text, " ", true, out, [&](uint32_t code) { return !is_letter(code) || (ascii_ && code >= 0x80); });
  }

 private:
  bool ascii_;
};

class StripNonAlphanumerics final : public Step {
 public:
  explicit StripNonAlphanumerics(std::string replacement) : replacement_(std::move(replacement)) {}
  void apply(std::string_view text, std::string& out) const override {
    replace_characters(text, replacement_, true, out, [](uint32_t code) { return code == '_' || (!is_word(code) && !is_letter(code) && !is_space(code)); });
  }

 private:
  std::string replacement_;
};

class CollapseWhitespace final : public Step {
 public:
  void apply(std::string_view text, std::string& out) const override {
    replace_characters(text, " ", true, out, is_space);
    if (out.ends_with(' ')) out.pop_back();
    if (out.starts_with(' ')) out.erase(0, 1);
  }
};

template <typename Made>
Result<StepPtr> plain(const Json&) {
  return StepPtr(std::make_unique<Made>());
}

spec::Field replace_with(std::string value) { return spec::with_default("replace_with", spec::text(), Json(std::move(value)), "What stands in its place."); }

}  // namespace

std::vector<StepRow> character_steps() {
  return {
      {{"lowercase", "Lower case for every script, as Python's str.lower().", {}}, plain<Lowercase>},
      {{"normalize_unicode",
        "One spelling for what looks the same (Unicode normalisation).",
        {spec::with_default("form", spec::choice({"nfc", "nfd", "nfkc", "nfkd"}), "nfc",
                            "nfc composes accents; nfkc also turns full-width letters and ligatures into plain ones.")}},
       make_normalize},
      {{"strip_punctuation",
        "Removes punctuation of every script and ASCII symbols; emoji stay.",
        {replace_with(""), spec::with_default("keep", spec::text("'"), "", "Characters that stay.")}},
       [](const Json& options) -> Result<StepPtr> {
         return StepPtr(std::make_unique<StripPunctuation>(options.at("replace_with").get<std::string>(), options.at("keep").get_ref<const std::string&>()));
       }},
      {{"strip_digits", "Removes decimal digits; a run of them counts once.", {replace_with("")}}, with_replacement<StripDigits>},
      {{"keep_letters",
        "Keeps letters; each run of anything else becomes one space.",
        {spec::with_default("ascii", spec::boolean(), false, "Keep only a-z and A-Z.")}},
       [](const Json& options) -> Result<StepPtr> { return StepPtr(std::make_unique<KeepLetters>(options.at("ascii").get<bool>())); }},
      {{"strip_non_alphanumerics", "Keeps letters, digits and white space.", {replace_with(" ")}}, with_replacement<StripNonAlphanumerics>},
      {{"collapse_whitespace", "Turns runs of white space into one space and trims both ends.", {}}, plain<CollapseWhitespace>},
  };
}

}  // namespace mlopsctl::text
