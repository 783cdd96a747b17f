// The longest that a piece of work in this process may take. When it is over, the process is told to stop as by SIGTERM, so that the work ends as it does
// for Ctrl-C, for systemd and in a pod: at a place it can go on from.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace mlopsctl::cli {

class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds time);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool passed() const { return passed_.load(); }

 private:
  std::mutex mutex_;
  std::condition_variable met_;
  bool is_met_ = false;
  std::atomic<bool> passed_{false};
  std::thread watch_;
};

}  // namespace mlopsctl::cli
