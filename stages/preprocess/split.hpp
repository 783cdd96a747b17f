// Which row goes where: seeded, stratified by label, or with whole groups kept together.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlopsctl::preprocess {

struct SplitRequest {
  std::vector<double> shares;  // one per part, positive; scaled to sum to 1
  uint64_t seed = 0;
  bool stratify = true;  // keep the label mix in every part (ignored where groups are given)
};

// The part of each row, 0 .. shares.size()-1. `groups` is empty or holds one value per row: rows of one group share their part.
// Part sizes are the shares rounded by largest remainder (per label when stratified); with groups they are as near as whole groups allow.
std::vector<int> split(const SplitRequest& request, const std::vector<std::string_view>& labels, const std::vector<std::string_view>& groups);

// `count` of `labels.size()` rows, without replacement, stratified by label; ascending indices.
std::vector<size_t> sample(size_t count, uint64_t seed, const std::vector<std::string_view>& labels);

}  // namespace mlopsctl::preprocess
