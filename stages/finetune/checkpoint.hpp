// The state of an unfinished training on disk: after a kill it goes on from the last checkpoint as though nothing had happened.
//
//   at-000000120/   state.json, parameters.safetensors (those that learn), moments.safetensors, training.jsonl (all lines so far)
//   epoch-2.safetensors   the parameters that learnt, after an epoch among the best
//
// A checkpoint appears by renaming its folder when all of it is on disk; then the one before it goes. One that cannot be written leaves
// nothing behind, and the one before it stays.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/finetune/epochs.hpp"
#include "stages/finetune/network.hpp"

namespace mlopsctl::finetune {

// Where a training stands. All random draws are functions of the seed and the place, so none need be kept.
struct TrainingState {
  int64_t step = 0;    // steps of the schedule that are done
  int64_t epoch = 0;   // epochs that are done
  int64_t groups = 0;  // groups of the present epoch that are done
  int64_t network_steps = 0;
  int64_t skipped = 0, skipped_in_a_row = 0, clipped = 0;
  double epoch_loss = 0;  // sum over the steps of the present epoch
  int64_t epoch_steps = 0;
  std::vector<Evaluation> evaluations;
  std::vector<double> epoch_losses;
  std::string precision;  // as first chosen
};

struct Checkpoint {
  TrainingState state;
  weights::SafeTensors parameters, moments;
  std::string log;
};

class CheckpointStore {
 public:
  explicit CheckpointStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // The last complete one; nothing where there is none, or it cannot be read (what cannot be read is removed).
  Result<std::optional<Checkpoint>> latest();
  Status save(const TrainingState& state, const Tensors& parameters, const Tensors& moments, const std::string& log);

  std::filesystem::path epoch_file(int64_t epoch) const { return folder_ / ("epoch-" + std::to_string(epoch) + ".safetensors"); }
  Status save_epoch(int64_t epoch, const Tensors& parameters);
  // Removes the weights of every epoch that is not among these.
  Status keep_only(const std::vector<Evaluation>& best);

 private:
  std::filesystem::path folder_;
};

}  // namespace mlopsctl::finetune
