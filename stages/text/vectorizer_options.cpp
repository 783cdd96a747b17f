#include "stages/text/vectorizer_options.hpp"

#include "stages/text/vectorizer.hpp"

namespace mlopsctl::text {

namespace {

constexpr int longest_ngram = 8;

}  // namespace

std::vector<spec::Field> vectorizer_fields() {
  using namespace spec;
  return {
      with_default("ngrams", list(integer(1, longest_ngram), 2, 2), {1, 1}, "Shortest and longest sequence of words that counts as a term."),
      with_default("analyzer", choice({"word"}), "word", "What a term is made of."),
      with_default("weighting", choice({"tfidf", "tf", "counts"}), "tfidf",
                   "tfidf: counts times inverse document frequency; tf: without it; counts: as they are."),
      with_default("min_df", any_of({integer(1, {}, "2"), number(0, 1)}), 1,
                   "Leaves out terms in fewer documents; a whole number counts them, a fraction is a share."),
      with_default("max_df", any_of({integer(1, {}, "100"), number(0, 1)}), 1.0,
                   "Leaves out terms in more documents; a whole number counts them, a fraction is a share."),
      spec::optional("max_features", integer(1, {}, "50000"), "Keeps only that many terms, the most frequent ones; ties go to the first in byte order."),
      with_default("sublinear_tf", boolean(), false, "Takes 1 + ln(count) for a count."),
      with_default("binary", boolean(), false, "Takes 1 for any count."),
      with_default("norm", choice({"l2", "l1", "none"}), "l2", "Scales each row of tfidf or tf to length 1; counts stay as they are."),
      with_default("stop_words", choice({"none", "english", "nltk"}), "none",
                   "Words left out before sequences are formed: scikit-learn's English list or NLTK's."),
      with_default("token_pattern", choice({"words", "words1", "punctuation"}), "words",
                   "words: two or more letters or digits; words1: one or more; punctuation: those and single punctuation marks."),
      with_default("lowercase", boolean(), true, "Lower case first, as Python's str.lower()."),
  };
}

namespace {

DocumentLimit limit_of(const Json& value) { return {value.get<double>(), value.is_number_float()}; }

}  // namespace

Result<VectorizerOptions> read_vectorizer_options(const Json& params) {
  Json complete = Json::object();
  for (const spec::Field& field : vectorizer_fields()) {
    const auto given = params.find(field.name);
    complete[field.name] = given != params.end() ? *given : field.default_value.value_or(Json());
  }
  VectorizerOptions options;
  try {
    options.shortest = complete["ngrams"].at(0).get<size_t>();
    options.longest = complete["ngrams"].at(1).get<size_t>();
    const auto pattern = complete["token_pattern"].get<std::string>();
    options.pattern = pattern == "words1" ? TokenPattern::words1 : pattern == "punctuation" ? TokenPattern::punctuation : TokenPattern::words;
    options.lowercase = complete["lowercase"].get<bool>();
    const auto stop_words = complete["stop_words"].get<std::string>();
    options.stop_words = stop_words == "english" ? StopWords::sklearn : stop_words == "nltk" ? StopWords::nltk : StopWords::none;
    const auto weighting = complete["weighting"].get<std::string>();
    options.weighting = weighting == "counts" ? Weighting::counts : weighting == "tf" ? Weighting::tf : Weighting::tfidf;
    options.binary = complete["binary"].get<bool>();
    options.sublinear = complete["sublinear_tf"].get<bool>();
    const auto norm = complete["norm"].get<std::string>();
    options.norm = norm == "l1" ? Norm::l1 : norm == "none" ? Norm::none : Norm::l2;
    options.min_df = limit_of(complete["min_df"]);
    options.max_df = limit_of(complete["max_df"]);
    if (!complete["max_features"].is_null()) options.max_features = complete["max_features"].get<size_t>();
  } catch (const Json::exception& e) { return config_error(std::string("cannot read the vectorizer's parameters: ") + e.what()); }
  if (options.shortest < 1 || options.longest > longest_ngram || options.shortest > options.longest) {
    Error error = config_error("found ngrams [" + std::to_string(options.shortest) + ", " + std::to_string(options.longest) +
                               "], expected [shortest, longest] from 1 to " + std::to_string(longest_ngram));
    error.field = "ngrams";
    error.hint = "write for example [1, 2]";
    return error;
  }
  if (options.min_df.is_share == options.max_df.is_share && options.min_df.value > options.max_df.value) {
    Error error = config_error("min_df is above max_df: no term could be in so many documents and in so few");
    error.field = "min_df";
    error.hint = "lower min_df, or raise max_df";
    return error;
  }
  return options;
}

}  // namespace mlopsctl::text
