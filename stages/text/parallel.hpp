// Work over rows in chunks on several threads, whose results are taken in the order of the rows: what comes out does not depend on the
// number of threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "pipeline/base/parallel.hpp"

namespace mlopsctl::text {

inline constexpr size_t rows_per_chunk = 2048;

inline size_t worker_count(size_t rows) { return std::clamp<size_t>((rows + rows_per_chunk - 1) / rows_per_chunk, 1, std::min<size_t>(processors(), 16)); }

// make(worker, first, last) -> value, run on the workers; take(value, first, last) on this thread, in order. take() says false to stop.
// At most one chunk per worker is held at a time.
template <typename Make, typename Take>
void in_chunks(size_t rows, size_t workers, Make make, Take take) {
  using Value = decltype(make(size_t{}, size_t{}, size_t{}));
  struct Chunk {
    size_t first, last;
    Value value;
  };
  for (size_t next = 0; next < rows;) {
    std::vector<Chunk> wave;
    for (size_t worker = 0; worker < workers && next < rows; ++worker) {
      const size_t last = std::min(rows, next + rows_per_chunk);
      wave.push_back({next, last, {}});
      next = last;
    }
    in_parallel(wave.size(), workers, [&](size_t worker) { wave[worker].value = make(worker, wave[worker].first, wave[worker].last); });
    for (Chunk& chunk : wave)
      if (!take(std::move(chunk.value), chunk.first, chunk.last)) return;
  }
}

}  // namespace mlopsctl::text
