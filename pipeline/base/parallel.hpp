// Work shared out over threads. What comes out must not depend on how many there are: each piece writes to places of its own.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace mlopsctl {

// Asked once: the library reads it from a file each time.
inline size_t processors() {
  static const size_t count = std::max(1u, std::thread::hardware_concurrency());
  return count;
}

// Calls work(i) once for every i below `pieces`, from this thread and up to `threads` - 1 helpers; returns when all are done. Where
// the system gives no more threads, fewer do the same. What work throws is thrown here, after the helpers have ended.
template <typename Work>
void in_parallel(size_t pieces, size_t threads, const Work& work) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::exception_ptr fault;
  const auto take = [&] {
    try {
      for (size_t i = next++; i < pieces; i = next++) work(i);
    } catch (...) {
      const std::lock_guard guard(mutex);
      if (!fault) fault = std::current_exception();
      next = pieces;
    }
  };
  {
    std::vector<std::jthread> helpers;
    try {
      for (size_t i = 1; i < std::min(pieces, threads); ++i) helpers.emplace_back(take);
    } catch (const std::system_error&) {}
    take();
  }
  if (fault) std::rethrow_exception(fault);
}

}  // namespace mlopsctl
