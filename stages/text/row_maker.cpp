#include "stages/text/row_maker.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

namespace mlopsctl::text {

namespace {

constexpr int digit_bits = 7;
constexpr size_t digit_values = 1 << digit_bits;
constexpr size_t worth_radix = 64;

}  // namespace

RowMaker::RowMaker(const VectorizerOptions& options, const std::vector<double>& idf, size_t columns)
    : options_(options), idf_(idf), digits_((std::bit_width(columns) + digit_bits - 1) / digit_bits) {}

// Least significant digit first; short rows are sorted by comparison.
void RowMaker::sort(std::vector<uint32_t>& hits) {
  if (hits.size() < worth_radix) {
    std::sort(hits.begin(), hits.end());
    return;
  }
  scratch_.resize(hits.size());
  for (int digit = 0; digit < digits_; ++digit) {
    const int shift = digit * digit_bits;
    uint32_t starts[digit_values] = {};
    for (const uint32_t hit : hits) ++starts[(hit >> shift) % digit_values];
    uint32_t sum = 0;
    for (uint32_t& start : starts) sum += std::exchange(start, sum);
    for (const uint32_t hit : hits) scratch_[starts[(hit >> shift) % digit_values]++] = hit;
    hits.swap(scratch_);
  }
}

double RowMaker::weight(uint32_t column, uint32_t count) const {
  double value = options_.binary ? 1.0 : count;
  if (options_.weighting == Weighting::counts) return value;
  if (options_.sublinear) value = std::log(value) + 1.0;
  return idf_.empty() ? value : value * idf_[column];
}

void RowMaker::append(std::vector<uint32_t>& hits, SparseRows& rows) {
  sort(hits);
  weights_.clear();
  double norm = 0;
  for (size_t at = 0; at < hits.size();) {
    const uint32_t column = hits[at];
    size_t end = at + 1;
    while (end < hits.size() && hits[end] == column) ++end;
    const double value = weight(column, static_cast<uint32_t>(end - at));
    norm += options_.norm == Norm::l1 ? std::abs(value) : value * value;
    weights_.push_back(value);
    rows.columns.push_back(static_cast<int32_t>(column));
    at = end;
  }
  const bool scaled = options_.weighting != Weighting::counts && options_.norm != Norm::none && norm > 0;
  const double scale = !scaled ? 1.0 : options_.norm == Norm::l1 ? norm : std::sqrt(norm);
  for (const double value : weights_) rows.values.push_back(static_cast<float>(value / scale));
  rows.offsets.push_back(static_cast<int64_t>(rows.columns.size()));
  hits.clear();
}

}  // namespace mlopsctl::text
