// Cleaning and vectorising: whatever the bytes, no step crashes; valid UTF-8 stays valid; and the vectorizer's rows are what analyze() counts.
#include <map>
#include <string>
#include <vector>

#include "stages/data/utf8.hpp"
#include "stages/text/recipe.hpp"
#include "stages/text/vectorizer.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace mlopsctl {

namespace {

std::vector<text::Recipe> every_step() {
  std::vector<text::Recipe> recipes;
  for (const spec::Alternative& row : text::step_table()) {
    Json step = {{"step", row.name}};
    if (row.name == "truncate_words") step["words"] = 3;
    if (row.name == "regex_replace") step.update({{"pattern", "(.)\\n"}, {"with", "<\\1>"}});
    Result<text::Recipe> recipe = text::Recipe::make(Json::array({step}));
    fuzz::require(recipe.ok(), "a step cannot be made");
    recipes.push_back(std::move(*recipe));
  }
  return recipes;
}

void vectorize(const Json& params, std::string_view bytes) {
  const size_t half = bytes.size() / 2;
  const std::vector<std::string_view> texts = {bytes.substr(0, half), bytes.substr(half)};
  Result<text::Vectorizer> vectorizer = text::Vectorizer::make(params);
  fuzz::require(vectorizer.ok(), "the vectorizer cannot be made");
  const CancelToken cancel;
  const Result<text::SparseRows> rows = vectorizer->fit_transform(texts, cancel);
  if (!rows.ok()) return;
  for (size_t column = 1; column < vectorizer->size(); ++column) fuzz::require(vectorizer->term(column - 1) < vectorizer->term(column), "terms out of order");
  const text::SparseRows again = vectorizer->transform(texts);
  fuzz::require(again.columns == rows->columns && again.values == rows->values, "transform differs from fit_transform");
  for (size_t row = 0; row < texts.size(); ++row) {
    std::map<std::string, float> counts;
    for (const std::string& term : text::analyze(params, texts[row])) ++counts[term];
    auto at = static_cast<size_t>(rows->offsets[row]);
    fuzz::require(static_cast<size_t>(rows->offsets[row + 1]) - at == counts.size(), "a row has other terms than analyze");
    for (const auto& [term, count] : counts) {
      fuzz::require(vectorizer->term(static_cast<size_t>(rows->columns[at])) == term && rows->values[at] == count, "a row has other counts than analyze");
      ++at;
    }
  }
}

}  // namespace

void fuzz_one(std::string_view bytes) {
  static const std::vector<text::Recipe> recipes = every_step();
  const bool valid = data::is_utf8(bytes);
  std::string out;
  for (const text::Recipe& recipe : recipes) {
    recipe.apply(bytes, out);
    fuzz::require(!valid || data::is_utf8(out), "a step breaks UTF-8");
  }
  vectorize({{"ngrams", {1, 3}}, {"weighting", "counts"}}, bytes);
  vectorize({{"ngrams", {2, 2}}, {"weighting", "counts"}, {"token_pattern", "punctuation"}, {"lowercase", false}}, bytes);
}

}  // namespace mlopsctl
