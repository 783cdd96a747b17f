#include "pipeline/k8s/rate_limit.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/k8s/errors.hpp"

namespace mlopsctl::k8s {

Status RateLimit::wait(const CancelToken& cancel) {
  double owed = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.steady();
    left_ = std::min(burst_, left_ + per_second_ * std::chrono::duration<double>(now - at_).count());
    at_ = now;
    left_ -= 1;  // below zero: our place in the queue
    owed = -left_ / per_second_;
  }
  if (owed > 0 && !clock_.pause(std::chrono::milliseconds(static_cast<int64_t>(std::ceil(owed * 1000))), cancel)) return interrupted();
  return {};
}

}  // namespace mlopsctl::k8s
