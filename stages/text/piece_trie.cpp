#include "stages/text/piece_trie.hpp"

#include <algorithm>
#include <bit>
#include <deque>

namespace mlopsctl::text {

// Places the nodes breadth first, so that the ones near the roots, which every word visits, lie together.
struct PieceTrie::Builder {
  // The entries [first, last) of a list share the `depth` bytes that lead to `node`.
  struct Task {
    const Entries* entries;
    size_t first, last, depth;
    uint32_t node;
  };

  std::vector<Node>& nodes;
  std::vector<uint64_t> free;  // a bit per node
  size_t first_free = 2;
  std::deque<Task> tasks;
  std::vector<uint8_t> bytes;  // of the children of the node being placed

  explicit Builder(std::vector<Node>& target) : nodes(target) {
    grow();
    take(beginning);
    take(continuation);
  }

  void grow() {
    nodes.resize(nodes.size() + 4096);
    free.resize(nodes.size() / 64 + 8, ~uint64_t{0});
  }
  void take(size_t node) { free[node / 64] &= ~(uint64_t{1} << node % 64); }
  uint64_t free_from(size_t node) const {
    const size_t word = node / 64, bit = node % 64;
    return free[word] >> bit | (free[word + 1] << 1) << (63 - bit);
  }

  // The lowest base that gives all of `bytes` a free node. Looks at no more than the last few thousand nodes: before that, only crumbs are left.
  uint32_t find_base() {
    while (free_from(first_free) == 0) first_free += 64;
    first_free += static_cast<size_t>(std::countr_zero(free_from(first_free)));
    size_t base = first_free > bytes.front() ? first_free - bytes.front() : 0;
    if (nodes.size() > base + 6144) base = nodes.size() - 6144;
    for (;; base += 64) {
      while (base + 64 + 256 > nodes.size()) grow();
      uint64_t fitting = ~uint64_t{0};
      for (size_t i = 0; i < bytes.size() && fitting != 0; ++i) fitting &= free_from(base + bytes[i]);
      if (fitting != 0) return static_cast<uint32_t>(base + static_cast<size_t>(std::countr_zero(fitting)));
    }
  }

  void place(const Task& task) {
    const Entries& entries = *task.entries;
    size_t first = task.first;
    for (; first < task.last && entries[first].first.size() == task.depth; ++first) nodes[task.node].id = entries[first].second;
    if (first == task.last) return;
    const auto byte_of = [&](size_t entry) { return static_cast<uint8_t>(entries[entry].first[task.depth]); };
    bytes.clear();
    for (size_t entry = first; entry < task.last; ++entry)
      if (bytes.empty() || bytes.back() != byte_of(entry)) bytes.push_back(byte_of(entry));
    const uint32_t base = find_base();
    nodes[task.node].base = base;
    for (const uint8_t byte : bytes) {
      const size_t begin = first;
      while (first < task.last && byte_of(first) == byte) ++first;
      const uint32_t child = base + byte;
      take(child);
      nodes[child].parent = task.node;
      tasks.push_back({&entries, begin, first, task.depth + 1, child});
    }
  }
};

PieceTrie::PieceTrie(Entries beginnings, Entries continuations) {
  Builder builder(nodes_);
  uint32_t root = beginning;
  for (Entries* entries : {&beginnings, &continuations}) {
    std::erase_if(*entries, [](const auto& entry) { return entry.first.empty(); });
    std::stable_sort(entries->begin(), entries->end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    builder.tasks.push_back({entries, 0, entries->size(), 0, root});
    root = continuation;
  }
  for (; !builder.tasks.empty(); builder.tasks.pop_front()) builder.place(Builder::Task(builder.tasks.front()));
}

}  // namespace mlopsctl::text
