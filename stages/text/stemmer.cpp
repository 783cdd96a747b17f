#include "stages/text/stemmer.hpp"

#include <algorithm>
#include <map>
#include <memory>

#include <libstemmer.h>

#include "stages/text/hash_tables.hpp"

namespace mlopsctl::text {

namespace {

constexpr size_t remembered_words = 1u << 16;

struct Deleter {
  void operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }
};

// A stemmer is not thread-safe, takes about a microsecond a word, and words repeat: each thread keeps its own with what it did last.
struct Stemmer {
  std::unique_ptr<sb_stemmer, Deleter> stemmer;
  WordTable words;
  std::vector<std::string> stems;  // by the word's number

  const std::string& stem(std::string_view word) {
    if (words.size() >= remembered_words) {
      words = {};
      stems.clear();
    }
    const uint32_t id = words.insert(word);
    if (id < stems.size()) return stems[id];
    const sb_symbol* stemmed = sb_stemmer_stem(stemmer.get(), reinterpret_cast<const sb_symbol*>(word.data()), static_cast<int>(word.size()));
    const auto length = static_cast<size_t>(sb_stemmer_length(stemmer.get()));
    stems.push_back(stemmed == nullptr ? std::string(word) : std::string(reinterpret_cast<const char*>(stemmed), length));
    return stems.back();
  }
};

}  // namespace

std::vector<std::string> stemmer_languages() {
  std::vector<std::string> languages;
  for (const char** name = sb_stemmer_list(); *name != nullptr; ++name) languages.emplace_back(*name);
  std::sort(languages.begin(), languages.end());
  return languages;
}

void append_stem(const std::string& language, std::string_view word, std::string& out) {
  thread_local std::map<std::string, Stemmer> stemmers;
  Stemmer& mine = stemmers[language];
  if (mine.stemmer == nullptr) mine.stemmer.reset(sb_stemmer_new(language.c_str(), "UTF_8"));
  if (mine.stemmer == nullptr) out += word;
  else out += mine.stem(word);
}

}  // namespace mlopsctl::text
