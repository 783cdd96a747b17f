// RowMaker: from the columns that one text hits, in any order and with repetitions, to its sparse row of weights.
#pragma once

#include <cstdint>
#include <vector>

#include "stages/text/vectorizer.hpp"
#include "stages/text/vectorizer_options.hpp"

namespace mlopsctl::text {

class RowMaker {
 public:
  // `idf` is empty or has one value per column; it must outlive the maker.
  RowMaker(const VectorizerOptions& options, const std::vector<double>& idf, size_t columns);

  // Appends the row of `hits` and clears them.
  void append(std::vector<uint32_t>& hits, SparseRows& rows);

 private:
  void sort(std::vector<uint32_t>& hits);
  double logarithm(uint32_t count);

  const VectorizerOptions& options_;
  const std::vector<double>& idf_;
  int digits_;  // of 7 bits in a column number
  std::vector<uint32_t> scratch_;
  std::vector<double> weights_, logarithms_;
};

}  // namespace mlopsctl::text
