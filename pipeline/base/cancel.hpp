// CancelToken: a flag that long work looks at between steps. Safe to set from a signal handler.
#pragma once

#include <atomic>

namespace mlopsctl {

class CancelToken {
 public:
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> cancelled_{false};
};

}  // namespace mlopsctl
