// The learning rate of each step.
#pragma once

#include <cstdint>

#include "stages/finetune/options.hpp"

namespace mlopsctl::finetune {

// The factor on `lr` in `step` (from 0) of `steps`: 0..1. Warm-up and linear or cosine decay as in Hugging Face's schedules (so the first
// step of a warm-up has 0); one_cycle: Smith 2018, https://arxiv.org/abs/1803.09820, rising from 1/25 and falling to 1/250,000 as in PyTorch's
// OneCycleLR, `warmup` being its pct_start; slanted: Howard & Ruder 2018, https://arxiv.org/abs/1801.06146, ratio 32, `warmup` being its cut_frac.
double learning_factor(Schedule schedule, double warmup, int64_t step, int64_t steps);

}  // namespace mlopsctl::finetune
