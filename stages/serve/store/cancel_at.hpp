// Sets a CancelToken when its time comes, unless this ends before: a limit for work that looks at nothing but its token.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "pipeline/base/cancel.hpp"
#include "stages/serve/message.hpp"

namespace mlopsctl::serve::store {

class CancelAt {
 public:
  // `token` must outlive this.
  CancelAt(CancelToken& token, SteadyTime time)
      : watch_([this, &token, time] {
          std::unique_lock lock(mutex_);
          if (!ended_.wait_until(lock, time, [&] { return done_; })) token.cancel();
        }) {}
  ~CancelAt() {
    {
      const std::lock_guard guard(mutex_);
      done_ = true;
    }
    ended_.notify_all();
    watch_.join();
  }
  CancelAt(const CancelAt&) = delete;
  CancelAt& operator=(const CancelAt&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;
  std::thread watch_;
};

}  // namespace mlopsctl::serve::store
