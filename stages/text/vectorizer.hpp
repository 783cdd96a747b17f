// Texts to sparse rows, with scikit-learn's exact formulae (CountVectorizer, TfidfTransformer; its user guide, section 6.2.3).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/spec/field.hpp"

namespace mlopsctl::text {

// Compressed sparse rows; columns ascend within a row.
struct SparseRows {
  std::vector<int64_t> offsets{0};  // rows + 1
  std::vector<int32_t> columns;
  std::vector<float> values;
  size_t rows() const { return offsets.size() - 1; }
};

// The fields shared by every bag-of-words model: ngrams, analyzer, weighting, min_df, max_df, max_features, sublinear_tf, binary, norm,
// stop_words, token_pattern ("words": scikit-learn's default \w\w+; "words1": \w+; "punctuation": words and single punctuation marks),
// lowercase.
std::vector<spec::Field> vectorizer_fields();

class Vectorizer {
 public:
  // `params`: canonical values of vectorizer_fields().
  static Result<Vectorizer> make(const Json& params);
  ~Vectorizer();
  Vectorizer(Vectorizer&&) noexcept;
  Vectorizer& operator=(Vectorizer&&) noexcept;

  // Learns the vocabulary (terms in byte order of their UTF-8, as scikit-learn sorts) and the document frequencies, and returns the
  // training rows. An empty vocabulary is an error. At most 2^31-1 terms.
  Result<SparseRows> fit_transform(std::span<const std::string_view> texts, const CancelToken& cancel);
  // Terms not in the vocabulary are left out; their share of all tokens is counted where asked for.
  SparseRows transform(std::span<const std::string_view> texts, std::vector<float>* unknown_share = nullptr) const;

  size_t size() const;  // terms
  std::string_view term(size_t column) const;
  const std::vector<double>& idf() const;  // empty when weighting is counts
  const Json& params() const;

  // vocab.txt (one term a line) and, for TF-IDF, the idf (the caller keeps it with the weights).
  Status save_vocabulary(const std::string& path) const;
  static Result<Vectorizer> load(const Json& params, const std::string& vocabulary_path, std::vector<double> idf);

 private:
  struct Impl;
  explicit Vectorizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The terms of one text in order of appearance (tokens, then each longer n-gram length): what the vectorizer counts. For tests and `eda`.
std::vector<std::string> analyze(const Json& params, std::string_view text);

}  // namespace mlopsctl::text
