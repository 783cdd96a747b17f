#include "stages/finetune/schedule.hpp"

#include <gmock/gmock.h>

namespace mlopsctl::finetune {
namespace {

std::vector<double> factors(Schedule schedule, double warmup, int64_t steps) {
  std::vector<double> all;
  for (int64_t step = 0; step < steps; ++step) all.push_back(learning_factor(schedule, warmup, step, steps));
  return all;
}

MATCHER(IsNear, "") { return std::abs(std::get<0>(arg) - std::get<1>(arg)) < 1e-9; }
void expect(const std::vector<double>& got, const std::vector<double>& wanted) { EXPECT_THAT(got, ::testing::Pointwise(IsNear(), wanted)); }

// transformers.get_linear_schedule_with_warmup(optimizer, 2, 10) and get_cosine_schedule_with_warmup give these.
TEST(Schedule, WarmsUpAndFallsAsHuggingFaces) {
  expect(factors(Schedule::linear, 0.2, 10), {0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125});
  expect(factors(Schedule::constant, 0.2, 5), {0, 1, 1, 1, 1});
  const auto cosine = factors(Schedule::cosine, 0, 4);
  expect(cosine, {1, (1 + std::sqrt(0.5)) / 2, 0.5, (1 - std::sqrt(0.5)) / 2});
}

// torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1, total_steps=10, pct_start=0.3).
TEST(Schedule, OneCycleRisesAndFallsAsACosine) {
  const auto all = factors(Schedule::one_cycle, 0.3, 10);
  expect({all[0], all[1], all[2], all[9]}, {0.04, 0.52, 1, 0.04 / 10'000});
  EXPECT_NEAR(all[5], 1 + (4e-6 - 1) * (1 - std::cos(std::acos(-1) * 3 / 7)) / 2, 1e-12);
}

// Howard & Ruder 2018, equation 3, with cut_frac 0.5 and ratio 32.
TEST(Schedule, SlantedFallsToOneThirtySecond) { expect(factors(Schedule::slanted, 0.5, 4), {1.0 / 32, 33.0 / 64, 1, 33.0 / 64}); }

TEST(Schedule, StaysInRangeAtTheEdges) {
  for (const Schedule schedule : {Schedule::constant, Schedule::linear, Schedule::cosine, Schedule::one_cycle, Schedule::slanted})
    for (const double warmup : {0.0, 0.1, 0.5, 1.0})
      for (const int64_t steps : {1, 2, 3, 100})
        for (const double factor : factors(schedule, warmup, steps)) EXPECT_TRUE(factor >= 0 && factor <= 1) << factor;
}

}  // namespace
}  // namespace mlopsctl::finetune
