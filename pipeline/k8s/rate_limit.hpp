// A token bucket: how many requests a second we allow ourselves, so that one client never drowns a server.
#pragma once

#include <mutex>

#include "pipeline/base/clock.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::k8s {

// Safe to use from several threads.
class RateLimit {
 public:
  // `burst` requests at once, then `per_second`.
  RateLimit(double per_second, double burst, const Clock& clock) : per_second_(per_second), burst_(burst), left_(burst), at_(clock.steady()), clock_(clock) {}
  // Waits for the next request's turn; an error when cancelled.
  Status wait(const CancelToken& cancel);

 private:
  const double per_second_, burst_;
  std::mutex mutex_;
  double left_;
  std::chrono::steady_clock::time_point at_;
  const Clock& clock_;
};

}  // namespace mlopsctl::k8s
