// Work on ranges of rows on all cores. Results must go to places of their own, so that they do not depend on the number of threads.
#pragma once

#include <algorithm>
#include <cstddef>

#include "pipeline/base/parallel.hpp"

namespace mlopsctl::train {

// Calls work(begin, end) for consecutive ranges of at most `grain` rows that together are [0, rows); from several threads at once.
template <typename Work>
void for_ranges(size_t rows, size_t grain, const Work& work) {
  in_parallel((rows + grain - 1) / grain, processors(), [&](size_t range) { work(range * grain, std::min(rows, (range + 1) * grain)); });
}

}  // namespace mlopsctl::train
