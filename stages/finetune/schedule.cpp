#include "stages/finetune/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mlopsctl::finetune {
namespace {

// From `from` at 0 to `to` at 1, as half a cosine.
double cosine_between(double from, double to, double share) { return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * share)); }

double one_cycle(double warmup, double step, double steps) {
  constexpr double first = 1.0 / 25, last = first / 10'000;
  const double peak = std::max(0.0, warmup * steps - 1), end = steps - 1;
  if (step <= peak) return cosine_between(first, 1, peak == 0 ? 1 : step / peak);
  return cosine_between(1, last, (step - peak) / (end - peak));
}

double slanted(double warmup, double step, double steps) {
  constexpr double ratio = 32;
  const double cut = std::max(1.0, std::floor(steps * warmup));
  const double share = step < cut ? step / cut : 1 - (step - cut) / std::max(1.0, steps - cut);
  return (1 + share * (ratio - 1)) / ratio;
}

}  // namespace

double learning_factor(Schedule schedule, double warmup, int64_t step, int64_t steps) {
  const auto at = static_cast<double>(step), all = static_cast<double>(steps);
  if (schedule == Schedule::one_cycle) return one_cycle(warmup, at, all);
  if (schedule == Schedule::slanted) return slanted(warmup, at, all);
  const double rising = std::ceil(warmup * all);
  if (at < rising) return at / rising;
  if (schedule == Schedule::constant) return 1;
  const double share = (at - rising) / std::max(1.0, all - rising);
  return schedule == Schedule::cosine ? (1 + std::cos(std::numbers::pi * share)) / 2 : std::max(0.0, 1 - share);
}

}  // namespace mlopsctl::finetune
