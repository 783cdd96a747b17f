#include "pipeline/stats/e_value.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include <boost/math/special_functions/beta.hpp>

#include "pipeline/stats/normal.hpp"
#include "pipeline/stats/paired.hpp"

namespace mlopsctl::stats {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

// 2 * integral from 1/2 to 1 of (2t)^wins (2(1-t))^losses dt, where u = 2t - 1.
double log_mixture_at_zero(double wins, double losses) {
  const double a = wins + 1, b = losses + 1, upper = boost::math::ibetac(a, b, 0.5);
  if (upper <= 0) return -infinite;
  return (wins + losses + 1) * std::numbers::ln2 + std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b) + std::log(upper);
}

}  // namespace

double log_e_value_better(double wins, double losses, double ties, double border) {
  if (border >= 1) return 0;  // no gain is larger
  if (border <= -1) return border < -1 || wins + ties > 0 ? infinite : 0;
  if (border == 0) return log_mixture_at_zero(wins, losses);
  std::array<double, 1000> logs{};
  double largest = -infinite;
  for (size_t i = 0; i < logs.size(); ++i) {
    const double u = (static_cast<double>(i) + 0.5) / static_cast<double>(logs.size());
    logs[i] = wins * std::log1p(u * (1 - border) / (1 + border)) + losses * std::log1p(-u) + ties * std::log1p(-u * border / (1 + border));
    largest = std::max(largest, logs[i]);
  }
  double sum = 0;
  for (const double each : logs) sum += std::exp(each - largest);
  return largest + std::log(sum / static_cast<double>(logs.size()));
}

Interval anytime_interval(double wins, double losses, double ties, double alpha) {
  // The e-value falls as the border rises.
  const auto refused_up_to = [&](double won, double lost) {
    double refused = -1, kept = 1;
    for (int step = 0; step < 50; ++step) {
      const double middle = (refused + kept) / 2;
      (log_e_value_better(won, lost, ties, middle) >= -std::log(alpha) ? refused : kept) = middle;
    }
    return refused;
  };
  return {refused_up_to(wins, losses), -refused_up_to(losses, wins)};
}

double e_value_reach(double rows, double discordant, double border, double alpha) {
  const auto passes = [&](double gain) {
    const double differ = std::max(discordant, std::abs(gain));
    return log_e_value_better(rows * (differ + gain) / 2, rows * (differ - gain) / 2, rows * (1 - differ), border) >= -std::log(alpha);
  };
  double low = border, high = 1;
  for (int step = 0; step < 50; ++step) {
    const double middle = (low + high) / 2;
    (passes(middle) ? high : low) = middle;
  }
  return high - border;
}

double e_value_power(int64_t rows, double discordant, double border, double gain, double alpha) {
  const double reach = e_value_reach(static_cast<double>(rows), discordant, border, alpha);
  return normal_tail((border + reach - gain) / difference_error(rows, discordant, gain));
}

int64_t e_value_rows(double discordant, double border, double gain, double alpha, double power, int64_t most) {
  if (gain <= border) return most;
  const auto enough = [&](int64_t rows) { return e_value_power(rows, discordant, border, gain, alpha) >= power; };
  int64_t many = 16;
  while (many < most && !enough(many)) many *= 2;
  if (many >= most) return most;
  int64_t few = many / 2;
  while (many - few > std::max<int64_t>(1, many / 1000)) {
    const int64_t middle = (few + many) / 2;
    (enough(middle) ? many : few) = middle;
  }
  return many;
}

}  // namespace mlopsctl::stats
