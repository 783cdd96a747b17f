// TermCounter: reads the training texts once and knows afterwards which n-grams there are, in how many documents, and where.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/result.hpp"
#include "stages/text/vectorizer_options.hpp"
#include "stages/text/vocabulary.hpp"

namespace mlopsctl::text {

struct CountedTexts {
  Vocabulary vocabulary;                               // words and tables; no columns yet
  std::vector<uint64_t> starts{0};                     // rows + 1: where a row's words start in numbers[...]
  std::vector<std::vector<uint32_t>> numbers;          // [length - 1][position]: the n-gram that starts there (where one fits into its row)
  std::vector<std::vector<uint32_t>> document_counts;  // [length - 1][number]

  size_t rows() const { return starts.size() - 1; }
  // Calls visit(length - 1, number) for every n-gram of the row.
  template <typename Visit>
  void for_row(size_t row, size_t shortest, Visit visit) const {
    for (size_t n = shortest - 1; n < numbers.size(); ++n)
      for (uint64_t at = starts[row]; at + n < starts[row + 1]; ++at) visit(n, numbers[n][at]);
  }
};

Result<CountedTexts> count_texts(std::span<const std::string_view> texts, const VectorizerOptions& options, const CancelToken& cancel);

// Which terms stay, by min_df, max_df and max_features, with the vocabulary ordered by them. None left is an error.
Result<KeptTerms> choose_terms(CountedTexts& counted, const VectorizerOptions& options);

}  // namespace mlopsctl::text
