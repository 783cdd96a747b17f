// Which texts go together: batches by a budget of tokens over windows sorted by length, so that little of a batch is padding.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mlopsctl::finetune {

struct Budget {
  int64_t tokens = 2048;  // of a batch: its texts times the longest of them
  int64_t rows = 0;       // or how many texts; 0: by tokens
};

// Indices of texts that go through the network together.
using Group = std::vector<uint32_t>;

// One epoch: every text in one group. The texts are shuffled, cut into windows of some 64 batches, sorted by length within each, cut into
// groups, and the groups shuffled: a function of the lengths, the budget and the seed alone. A text longer than the budget is a group alone.
std::vector<Group> shuffled_groups(std::span<const int32_t> lengths, const Budget& budget, uint64_t seed);

// To score: all texts sorted by length, the longest first (so that what does not fit into memory shows at once).
std::vector<Group> sorted_groups(std::span<const int32_t> lengths, const Budget& budget);

// A seed for one purpose at one place, so that each draw depends on nothing drawn before it.
uint64_t seed_for(uint64_t seed, uint64_t purpose, uint64_t place);

}  // namespace mlopsctl::finetune
