#include "stages/finetune/batches.hpp"

#include <algorithm>
#include <numeric>

#include "pipeline/base/random.hpp"

namespace mlopsctl::finetune {
namespace {

constexpr int64_t batches_in_window = 64;

// Cuts `order` where a group would pass the budget.
void cut(std::span<const uint32_t> order, std::span<const int32_t> lengths, const Budget& budget, std::vector<Group>& groups) {
  Group group;
  int64_t longest = 0;
  for (const uint32_t text : order) {
    const int64_t would_be = std::max<int64_t>(longest, lengths[text]);
    const auto rows = static_cast<int64_t>(group.size()) + 1;
    const bool full = budget.rows > 0 ? rows > budget.rows : rows * would_be > budget.tokens;
    if (full && !group.empty()) {
      groups.push_back(std::move(group));
      group.clear();
      longest = 0;
    }
    group.push_back(text);
    longest = std::max<int64_t>(longest, lengths[text]);
  }
  if (!group.empty()) groups.push_back(std::move(group));
}

std::vector<uint32_t> all_of(std::span<const int32_t> lengths) {
  std::vector<uint32_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

}  // namespace

std::vector<Group> shuffled_groups(std::span<const int32_t> lengths, const Budget& budget, uint64_t seed) {
  std::vector<uint32_t> order = all_of(lengths);
  Random random(seed);
  random.shuffle(order);
  std::vector<Group> groups;
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    for (int64_t used = 0; end < order.size(); ++end) {
      used += budget.rows > 0 ? 1 : lengths[order[end]];
      if (used > batches_in_window * (budget.rows > 0 ? budget.rows : budget.tokens) && end > begin) break;
    }
    const auto first = order.begin() + static_cast<std::ptrdiff_t>(begin), last = order.begin() + static_cast<std::ptrdiff_t>(end);
    std::stable_sort(first, last, [&](uint32_t a, uint32_t b) { return lengths[a] < lengths[b]; });
    cut(std::span(order).subspan(begin, end - begin), lengths, budget, groups);
    begin = end;
  }
  random.shuffle(groups);
  return groups;
}

std::vector<Group> sorted_groups(std::span<const int32_t> lengths, const Budget& budget) {
  std::vector<uint32_t> order = all_of(lengths);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return lengths[a] > lengths[b]; });
  std::vector<Group> groups;
  cut(order, lengths, budget, groups);
  return groups;
}

uint64_t seed_for(uint64_t seed, uint64_t purpose, uint64_t place) {
  // SplitMix64 (Steele, Lea & Flood 2014), once for each part.
  uint64_t state = seed;
  for (const uint64_t part : {purpose, place}) {
    state += 0x9e3779b97f4a7c15U + part * 0xd1342543de82ef95U;
    state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9U;
    state = (state ^ (state >> 27)) * 0x94d049bb133111ebU;
    state ^= state >> 31;
  }
  return state;
}

}  // namespace mlopsctl::finetune
