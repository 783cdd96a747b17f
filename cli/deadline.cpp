#include "cli/deadline.hpp"

#include <signal.h>
#include <unistd.h>

namespace mlopsctl::cli {

Deadline::Deadline(std::chrono::milliseconds time)
    : watch_([this, until = std::chrono::steady_clock::now() + time] {
        std::unique_lock lock(mutex_);
        if (met_.wait_until(lock, until, [this] { return is_met_; })) return;
        passed_.store(true);
        ::kill(::getpid(), SIGTERM);
      }) {}

Deadline::~Deadline() {
  {
    const std::lock_guard lock(mutex_);
    is_met_ = true;
  }
  met_.notify_one();
  watch_.join();
}

}  // namespace mlopsctl::cli
