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

// 1 + ln(count), remembered: counts are small and many.
double RowMaker::logarithm(uint32_t count) {
  while (logarithms_.size() < std::min<size_t>(count, 4096)) logarithms_.push_back(std::log(static_cast<double>(logarithms_.size() + 1)) + 1.0);
  return count <= logarithms_.size() ? logarithms_[count - 1] : std::log(static_cast<double>(count)) + 1.0;
}

void RowMaker::append(std::vector<uint32_t>& hits, SparseRows& rows) {
  sort(hits);
  // Each run of equal hits becomes one entry; entries are written over the hits they stand for.
  weights_.resize(hits.size());
  size_t entries = 0;
  for (size_t at = 0; at < hits.size();) {
    const uint32_t column = hits[at];
    size_t end = at + 1;
    while (end < hits.size() && hits[end] == column) ++end;
    const auto count = static_cast<uint32_t>(end - at);
    weights_[entries] = options_.binary ? 1.0 : options_.sublinear && options_.weighting != Weighting::counts ? logarithm(count) : count;
    hits[entries++] = column;
    at = end;
  }
  if (!idf_.empty())
    for (size_t i = 0; i < entries; ++i) weights_[i] *= idf_[hits[i]];

  double norm = 0;
  for (size_t i = 0; i < entries; ++i) norm += options_.norm == Norm::l1 ? weights_[i] : weights_[i] * weights_[i];
  const bool scaled = options_.weighting != Weighting::counts && options_.norm != Norm::none && norm > 0;
  const double scale = !scaled ? 1.0 : options_.norm == Norm::l1 ? norm : std::sqrt(norm);
  rows.columns.insert(rows.columns.end(), hits.begin(), hits.begin() + static_cast<ptrdiff_t>(entries));
  for (size_t i = 0; i < entries; ++i) rows.values.push_back(static_cast<float>(weights_[i] / scale));
  rows.offsets.push_back(static_cast<int64_t>(rows.columns.size()));
  hits.clear();
}

}  // namespace mlopsctl::text
