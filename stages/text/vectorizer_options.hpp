// The vectorizer's parameters as a struct, read from their canonical Json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "stages/text/stop_words.hpp"

namespace mlopsctl::text {

enum class TokenPattern { words /* \w\w+ */, words1 /* \w+ */, punctuation /* \w+|[^\w\s] */ };
enum class Weighting { tfidf, tf, counts };
enum class Norm { l2, l1, none };

// A number of documents, or a share of them.
struct DocumentLimit {
  double value = 1;
  bool is_share = false;
  double documents(size_t rows) const { return is_share ? value * static_cast<double>(rows) : value; }
};

struct VectorizerOptions {
  size_t shortest = 1, longest = 1;  // n-grams, in words
  TokenPattern pattern = TokenPattern::words;
  bool lowercase = true;
  StopWords stop_words = StopWords::none;
  Weighting weighting = Weighting::tfidf;
  bool binary = false, sublinear = false;
  Norm norm = Norm::l2;
  DocumentLimit min_df{1, false}, max_df{1, true};
  std::optional<size_t> max_features;
};

Result<VectorizerOptions> read_vectorizer_options(const Json& params);

}  // namespace mlopsctl::text
