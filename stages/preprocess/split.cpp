#include "stages/preprocess/split.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <numeric>

#include "pipeline/base/random.hpp"

namespace mlopsctl::preprocess {

namespace {

// Whole numbers that sum to `total` and are nearest to total * share (largest remainder; ties to the earlier part).
std::vector<size_t> apportion(size_t total, const std::vector<double>& shares) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  std::vector<size_t> parts;
  std::vector<std::pair<double, size_t>> remainders;
  size_t given = 0;
  for (size_t p = 0; p < shares.size(); ++p) {
    const double exact = static_cast<double>(total) * shares[p] / sum;
    parts.push_back(static_cast<size_t>(exact));
    given += parts.back();
    remainders.emplace_back(-(exact - std::floor(exact)), p);
  }
  std::sort(remainders.begin(), remainders.end());
  for (size_t i = 0; given < total; ++i, ++given) ++parts[remainders[i % remainders.size()].second];
  return parts;
}

// Rows by label, labels in byte order. One stratum where the label mix does not matter.
std::map<std::string_view, std::vector<size_t>> strata(const std::vector<std::string_view>& labels, bool by_label) {
  std::map<std::string_view, std::vector<size_t>> result;
  for (size_t i = 0; i < labels.size(); ++i) result[by_label ? labels[i] : std::string_view()].push_back(i);
  return result;
}

// Groups in random order, each to the part that lacks most rows of its share.
std::vector<int> split_groups(const SplitRequest& request, const std::vector<std::string_view>& groups) {
  std::map<std::string_view, size_t> index;
  std::vector<std::vector<size_t>> members;
  for (size_t i = 0; i < groups.size(); ++i) {
    const auto [found, fresh] = index.emplace(groups[i], members.size());
    if (fresh) members.emplace_back();
    members[found->second].push_back(i);
  }
  Random random(request.seed);
  random.shuffle(members);

  const double sum = std::accumulate(request.shares.begin(), request.shares.end(), 0.0);
  std::vector<double> lacking;
  for (const double share : request.shares) lacking.push_back(static_cast<double>(groups.size()) * share / sum);
  std::vector<int> part(groups.size());
  for (const auto& rows : members) {
    const size_t neediest = static_cast<size_t>(std::max_element(lacking.begin(), lacking.end()) - lacking.begin());
    lacking[neediest] -= static_cast<double>(rows.size());
    for (const size_t row : rows) part[row] = static_cast<int>(neediest);
  }
  return part;
}

}  // namespace

std::vector<int> split(const SplitRequest& request, const std::vector<std::string_view>& labels, const std::vector<std::string_view>& groups) {
  if (!groups.empty()) return split_groups(request, groups);
  std::vector<int> part(labels.size());
  Random random(request.seed);
  for (auto& [label, rows] : strata(labels, request.stratify)) {
    random.shuffle(rows);
    const auto sizes = apportion(rows.size(), request.shares);
    for (size_t p = 0, at = 0; p < sizes.size(); ++p)
      for (size_t k = 0; k < sizes[p]; ++k) part[rows[at++]] = static_cast<int>(p);
  }
  return part;
}

std::vector<size_t> sample(size_t count, uint64_t seed, const std::vector<std::string_view>& labels) {
  count = std::min(count, labels.size());
  auto groups = strata(labels, true);
  std::vector<double> shares;
  for (const auto& [label, rows] : groups) shares.push_back(static_cast<double>(rows.size()));
  std::vector<size_t> chosen;
  if (count == 0 || shares.empty()) return chosen;
  const auto sizes = apportion(count, shares);
  Random random(seed);
  size_t stratum = 0;
  for (auto& [label, rows] : groups) {
    random.shuffle(rows);
    chosen.insert(chosen.end(), rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(std::min(sizes[stratum], rows.size())));
    ++stratum;
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace mlopsctl::preprocess
