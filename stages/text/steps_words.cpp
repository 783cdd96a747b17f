#include <algorithm>
#include <set>

#include "stages/text/chat_words.hpp"
#include "stages/text/hash_tables.hpp"
#include "stages/text/stemmer.hpp"
#include "stages/text/step.hpp"
#include "stages/text/stop_words.hpp"
#include "stages/text/words.hpp"

namespace mlopsctl::text {

namespace {

class ExpandChatWords final : public Step {
 public:
  explicit ExpandChatWords(const Json& extra) {
    for (const auto& [word, meaning] : chat_words()) add(word, meaning);
    for (const auto& item : extra.items()) add(item.key(), item.value().get_ref<const std::string&>());
  }

  void apply(std::string_view text, std::string& out) const override {
    out.clear();
    thread_local std::string key;
    walk_words(
        text, [&](std::string_view gap) { out += gap; },
        [&](std::string_view word) {
          look_up_form(word, key);
          const uint32_t found = words_.find(key);
          out += found == no_id ? word : std::string_view(meanings_[found]);
        });
  }

 private:
  void add(std::string_view word, std::string_view meaning) {
    std::string key;
    look_up_form(word, key);
    if (key.empty()) return;
    const uint32_t id = words_.insert(key);
    meanings_.resize(words_.size());
    meanings_[id] = meaning;
  }

  WordTable words_;
  std::vector<std::string> meanings_;  // by the word's number
};

class StopWordsStep final : public Step {
 public:
  StopWordsStep(StopWords list, const Json& extra, const Json& keep) {
    std::set<std::string> words;
    for (const std::string_view word : split_words(stop_word_list(list))) words.emplace(word);
    std::string key;
    for (const Json& word : extra) {
      look_up_form(word.get_ref<const std::string&>(), key);
      words.insert(key);
    }
    for (const Json& word : keep) {
      look_up_form(word.get_ref<const std::string&>(), key);
      words.erase(key);
    }
    words.erase("");
    for (const std::string& word : words) {
      look_up_form(word, key);
      words_.insert(key);
    }
  }

  // A removed word takes the white space after it along, so that no double spaces are left.
  void apply(std::string_view text, std::string& out) const override {
    out.clear();
    thread_local std::string key;
    bool removed = false;
    walk_words(
        text,
        [&](std::string_view gap) {
          const bool at_space = out.empty() || is_space(static_cast<unsigned char>(out.back()));
          if (removed && at_space && is_space(static_cast<unsigned char>(gap.front()))) gap.remove_prefix(1);
          removed = false;
          out += gap;
        },
        [&](std::string_view word) {
          look_up_form(word, key);
          removed = words_.find(key) != no_id;
          if (!removed) out += word;
        });
    if (removed && out.ends_with(' ')) out.pop_back();
  }

 private:
  WordTable words_;
};

class Stem final : public Step {
 public:
  explicit Stem(std::string language) : language_(std::move(language)) {}
  void apply(std::string_view text, std::string& out) const override {
    out.clear();
    thread_local std::string key;
    walk_words(
        text, [&](std::string_view gap) { out += gap; },
        [&](std::string_view word) {
          look_up_form(word, key);
          append_stem(language_, key, out);
        });
  }

 private:
  std::string language_;
};

class TruncateWords final : public Step {
 public:
  TruncateWords(int64_t words, bool last) : words_(words), last_(last) {}

  void apply(std::string_view text, std::string& out) const override {
    int64_t skip = 0;
    if (last_) {
      int64_t count = 0;
      walk(text, [&](size_t, size_t) { return ++count, true; });
      skip = std::max<int64_t>(0, count - words_);
    }
    size_t start = 0, end = 0;
    int64_t seen = 0, kept = 0;
    walk(text, [&](size_t word_start, size_t word_end) {
      if (seen++ < skip) return true;
      if (kept == 0) start = word_start;
      end = word_end;
      return ++kept < words_;
    });
    out.assign(text.substr(start, end - start));
  }

 private:
  // Calls visit(start, end) for each run of what is not white space, until it says false.
  template <typename Visit>
  static void walk(std::string_view text, Visit visit) {
    size_t at = 0;
    while (at < text.size()) {
      for (CodePoint point; at < text.size() && is_space((point = decode(text, at)).code);) at += point.bytes;
      const size_t start = at;
      for (CodePoint point; at < text.size() && !is_space((point = decode(text, at)).code);) at += point.bytes;
      if (at > start && !visit(start, at)) return;
    }
  }

  int64_t words_;
  bool last_;
};

Result<StepPtr> make_stop_words(const Json& options) {
  const auto& name = options.at("list").get_ref<const std::string&>();
  const StopWords list = name == "sklearn" ? StopWords::sklearn : name == "nltk" ? StopWords::nltk : StopWords::none;
  return StepPtr(std::make_unique<StopWordsStep>(list, options.at("extra"), options.at("keep")));
}

}  // namespace

std::vector<StepRow> word_steps() {
  return {
      {{"expand_chat_words",
        "Writes chat abbreviations out (brb: be right back).",
        {spec::with_default("extra", spec::map(spec::text()), Json::object(), "Further abbreviations with their meanings.")}},
       [](const Json& options) -> Result<StepPtr> { return StepPtr(std::make_unique<ExpandChatWords>(options.at("extra"))); }},
      {{"stop_words",
        "Removes words that carry little meaning.",
        {spec::with_default("list", spec::choice({"sklearn", "nltk", "none"}), "sklearn", "scikit-learn's 318 English words, NLTK's 179, or only `extra`."),
         spec::with_default("extra", spec::list(spec::text("movie")), Json::array(), "Further words to remove."),
         spec::with_default("keep", spec::list(spec::text("not")), Json::array(), "Words of the list that stay; \"not\" often carries the sentiment.")}},
       make_stop_words},
      {{"stem",
        "Cuts words down to their stems (Snowball), in lower case.",
        {spec::with_default("language", spec::choice(stemmer_languages()), "english", "The language of the texts.")}},
       [](const Json& options) -> Result<StepPtr> { return StepPtr(std::make_unique<Stem>(options.at("language").get<std::string>())); }},
      {{"truncate_words",
        "Keeps so many words (separated by white space) of a text.",
        {spec::required("words", spec::integer(1, {}, "400"), "How many words stay."),
         spec::with_default("from", spec::choice({"start", "end"}), "start", "Which end of the text stays.")}},
       [](const Json& options) -> Result<StepPtr> {
         return StepPtr(std::make_unique<TruncateWords>(options.at("words").get<int64_t>(), options.at("from") == "end"));
       }},
  };
}

}  // namespace mlopsctl::text
