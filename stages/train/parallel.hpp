// Work on ranges of rows on all cores. Results must go to places of their own, so that they do not depend on the number of threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace mlopsctl::train {

// Calls work(begin, end) for consecutive ranges of at most `grain` rows that together are [0, rows); from several threads at once.
template <typename Work>
void for_ranges(size_t rows, size_t grain, const Work& work) {
  const size_t ranges = (rows + grain - 1) / grain;
  std::atomic<size_t> next{0};
  const auto take = [&] {
    for (size_t range = next++; range < ranges; range = next++) work(range * grain, std::min(rows, (range + 1) * grain));
  };
  std::vector<std::jthread> helpers;
  for (size_t i = 1; i < std::min<size_t>(ranges, std::thread::hardware_concurrency()); ++i) helpers.emplace_back(take);
  take();
}

}  // namespace mlopsctl::train
