// The training loop: epochs, steps, evaluation, checkpoints; going on where an earlier execution ended.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/result.hpp"
#include "stages/finetune/checkpoint.hpp"
#include "stages/finetune/epochs.hpp"
#include "stages/finetune/material.hpp"
#include "stages/finetune/network.hpp"
#include "stages/finetune/options.hpp"

namespace mlopsctl::finetune {

struct LoopSettings {
  const OptimizerOptions& optimizer;
  Budget budget;
  uint64_t seed = 0;
  std::vector<std::string> learning;  // the parameters that learn: what a checkpoint holds
  std::string precision;              // kept in checkpoints
  double checkpoint_seconds = 60;     // between two of them, at least, and twenty times as long as the last one took; 0: after each step
  std::function<void(double, std::string_view)> progress;
  const CancelToken& cancel;
};

struct Training {
  TrainingState state;
  std::vector<Evaluation> best;  // the best first; empty without validation rows
  std::string log;               // training.jsonl: a line of JSON for each step and each epoch
  int64_t steps = 0;             // planned
  bool stopped_early = false;
  bool resumed = false;
};

// Trains `network`; afterwards it holds the parameters of the best epoch where keep_best says so and there are validation rows, else of the
// last. Where a checkpoint is given, goes on from it: the same bytes as without the interruption, at the same number of threads.
//
// A step whose gradients are not finite is skipped and counted; five in a row are an Error that names the step and the learning rate.
// When cancelled, saves a checkpoint and returns an Error of kind interrupted. A checkpoint that cannot be written is an Error.
Result<Training> train(Network& network, const Material& material, const LoopSettings& settings, CheckpointStore& checkpoints,
                       const std::optional<Checkpoint>& from);

}  // namespace mlopsctl::finetune
