#include "stages/serve/access/allowance.hpp"

#include <algorithm>
#include <cmath>

namespace mlopsctl::serve {

namespace {
constexpr int64_t day_seconds = 86400;
}

Allowance::Verdict Allowance::take(const Key& key, std::chrono::steady_clock::time_point steady, TimePoint now) {
  if (!key.rate && !key.day) return {};
  const int64_t second = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const double most = key.burst.value_or(std::max(1.0, key.rate.value_or(1)));
  const std::lock_guard lock(mutex_);
  auto [at, fresh] = accounts_.try_emplace(key.name);
  Account& account = at->second;
  if (fresh) account.tokens = most, account.filled = steady;
  if (account.day != second / day_seconds) account.day = second / day_seconds, account.asked = 0;
  if (key.day && account.asked >= *key.day) return {false, true, static_cast<int>(day_seconds - second % day_seconds)};
  if (key.rate) {
    account.tokens = std::min(most, account.tokens + std::chrono::duration<double>(steady - account.filled).count() * *key.rate);
    account.filled = steady;
    if (account.tokens < 1) return {false, false, std::max(1, static_cast<int>(std::ceil((1 - account.tokens) / *key.rate)))};
    account.tokens -= 1;
  }
  ++account.asked;
  return {};
}

}  // namespace mlopsctl::serve
