#include "stages/finetune/loop.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <new>

#include "pipeline/base/clock.hpp"
#include "pipeline/base/json.hpp"
#include "stages/finetune/schedule.hpp"

namespace mlopsctl::finetune {
namespace {

constexpr int64_t bad_steps_allowed = 4;       // in a row
constexpr double checkpoints_cost = 1 / 20.0;  // at most this share of the time goes into them
enum Purpose : uint64_t { of_order = 1, of_masks, of_dropout };

using Steady = std::chrono::steady_clock;
double seconds_since(Steady::time_point start) { return std::chrono::duration<double>(Steady::now() - start).count(); }

// "5e-05", "0.412"
std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string with_thousands(double value) {
  std::string digits = std::to_string(static_cast<int64_t>(value));
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<size_t>(at), 1, ',');
  return digits;
}

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(); }

class Loop {
 public:
  Loop(Network& network, const Material& material, const LoopSettings& settings, CheckpointStore& checkpoints)
      : network_(network), material_(material), settings_(settings), options_(settings.optimizer), checkpoints_(checkpoints), epochs_(options_) {
    for (int64_t epoch = 0; epoch < options_.epochs; ++epoch) {
      const auto groups = static_cast<int64_t>(groups_of(epoch).size());
      training_.steps += (groups + options_.accumulate - 1) / options_.accumulate;
    }
    state().precision = settings.precision;
  }

  Result<Training> run(const std::optional<Checkpoint>& from) {
    if (from) TRY(go_on_from(*from));
    first_step_ = state().step;
    while (state().epoch < options_.epochs && !epochs_.should_stop()) TRY(one_epoch());
    training_.stopped_early = state().epoch < options_.epochs;
    training_.best = epochs_.best();
    TRY(take_best());
    return std::move(training_);
  }

 private:
  TrainingState& state() { return training_.state; }

  std::vector<Group> groups_of(int64_t epoch) const {
    return shuffled_groups(material_.lengths(), settings_.budget, seed_for(settings_.seed, of_order, static_cast<uint64_t>(epoch)));
  }
  uint64_t seed_at(Purpose purpose, int64_t group) const {
    return seed_for(seed_for(settings_.seed, purpose, static_cast<uint64_t>(training_.state.epoch)), purpose, static_cast<uint64_t>(group));
  }

  Status go_on_from(const Checkpoint& checkpoint) {
    TRY(network_.restore(checkpoint.parameters.tensors(), &checkpoint.moments.tensors(), checkpoint.state.network_steps));
    training_.state = checkpoint.state;
    training_.log = checkpoint.log;
    training_.resumed = true;
    for (const Evaluation& each : checkpoint.state.evaluations) epochs_.add(each);
    say("going on at step " + std::to_string(state().step) + " of " + std::to_string(training_.steps));
    return {};
  }

  Status one_epoch() {
    const std::vector<Group> groups = groups_of(state().epoch);
    while (state().groups < static_cast<int64_t>(groups.size())) {
      TRY(one_step(groups));
      if (is_time_for_a_checkpoint()) TRY(save_checkpoint());
    }
    return end_of_epoch();
  }

  Status one_step(const std::vector<Group>& groups) {
    const auto first = state().groups, count = std::min<int64_t>(options_.accumulate, static_cast<int64_t>(groups.size()) - first);
    std::vector<Portion> portions;
    double weight = 0;
    for (int64_t i = first; i < first + count; ++i) {
      portions.push_back(material_.prepare(groups[static_cast<size_t>(i)], seed_at(of_masks, i)));
      weight += portions.back().weight;
    }
    double loss = 0;
    for (int64_t i = 0; i < count; ++i) {
      const Portion& portion = portions[static_cast<size_t>(i)];
      if (portion.weight > 0) {
        TRY_ASSIGN(const double part, accumulate(portion, 1 / weight, seed_at(of_dropout, first + i)));
        loss += part;
      }
      tokens_ += portion.tokens;
      if (settings_.cancel.cancelled()) return stop();
    }
    const double rate = options_.lr * learning_factor(options_.schedule, options_.warmup, state().step, training_.steps);
    double norm = 0;
    if (weight > 0) {
      StepOptions how;
      how.learning_rate = rate;
      how.weight_decay = options_.weight_decay;
      how.clip = options_.clip;
      TRY_ASSIGN(norm, network_.step(how));
    }
    ++state().step;
    state().groups += count;
    return note_step(rate, loss, norm);
  }

  // Where memory is short: in which step, and what to do about it.
  Result<double> accumulate(const Portion& portion, double share, uint64_t seed) {
    try {
      auto loss = material_.accumulate(network_, portion, share, seed);
      if (!loss && loss.error().message.find("out of memory") != std::string::npos) return out_of_memory(portion);
      return loss;
    } catch (const std::bad_alloc&) { return out_of_memory(portion); }
  }

  Error out_of_memory(const Portion& portion) const {
    const bool by_rows = settings_.budget.rows > 0;
    const std::string key = by_rows ? "batch_rows" : "batch_tokens";
    Error error = stage_error("memory ran out in step " + std::to_string(training_.state.step + 1) + " of " + std::to_string(training_.steps) +
                              ", in a batch of " + with_thousands(static_cast<double>(portion.tokens)) + " " + std::string(material_.unit()));
    error.field = "optimizer." + key;
    return std::move(error).with_hint("halve " + key + " (" + std::to_string(by_rows ? settings_.budget.rows : settings_.budget.tokens) +
                                      ") and double accumulate: the steps stay the same");
  }

  Status note_step(double rate, double loss, double norm) {
    const bool bad = !std::isfinite(norm);
    Json line = {{"step", state().step}, {"epoch", state().epoch + 1}, {"lr", rate}, {"loss", finite(loss)}, {"norm", finite(norm)}};
    if (bad) line["skipped"] = true;
    training_.log += canonical(line) + "\n";
    if (bad) {
      ++state().skipped;
      if (++state().skipped_in_a_row > bad_steps_allowed) return diverged(rate);
    } else {
      state().skipped_in_a_row = 0;
      state().clipped += options_.clip > 0 && norm > options_.clip;
      state().epoch_loss += loss;
      ++state().epoch_steps;
    }
    const double done = static_cast<double>(state().step) / static_cast<double>(std::max<int64_t>(1, training_.steps));
    const double elapsed = seconds_since(start_), here = static_cast<double>(state().step - first_step_);
    std::string text = "epoch " + std::to_string(state().epoch + 1) + "/" + std::to_string(options_.epochs) + ", loss " +
                       shown(state().epoch_loss / static_cast<double>(std::max<int64_t>(1, state().epoch_steps)));
    if (elapsed > 0.5) {
      text += ", " + with_thousands(static_cast<double>(tokens_) / elapsed) + " " + std::string(material_.unit()) + "/s";
      if (const int64_t more = training_.steps - state().step; more > 0) text += ", " + human_duration(elapsed / here * static_cast<double>(more)) + " left";
    }
    say(text, done);
    return {};
  }

  Error diverged(double rate) const {
    Error error = stage_error("the gradients are not finite in " + std::to_string(bad_steps_allowed + 1) + " steps in a row, the last of them step " +
                              std::to_string(training_.state.step) + " of " + std::to_string(training_.steps) + " at a learning rate of " + shown(rate));
    if (training_.state.skipped == training_.state.step) {  // nothing was learnt yet that could be to blame
      error.field = "model.base";
      return std::move(error).with_hint(settings_.precision == "bf16" ? "write model.precision: f32, or start from another base" : "start from another base");
    }
    error.field = "optimizer.lr";
    return std::move(error).with_hint("lower optimizer.lr (" + shown(options_.lr) + ") or raise optimizer.warmup (" + shown(options_.warmup) + ")" +
                                      (settings_.precision == "bf16" ? "; or write model.precision: f32" : "") +
                                      (options_.clip == 0 ? "; or write optimizer.clip: 1" : ""));
  }

  Status end_of_epoch() {
    const double loss = state().epoch_steps > 0 ? state().epoch_loss / static_cast<double>(state().epoch_steps) : std::nan("");
    Json line = {{"epoch", state().epoch + 1}, {"step", state().step}, {"train_loss", finite(loss)}};
    bool keep = false;
    if (material_.has_validation()) {
      say("epoch " + std::to_string(state().epoch + 1) + "/" + std::to_string(options_.epochs) + ", looking at the validation rows");
      auto evaluated = material_.evaluate(network_, settings_.cancel);
      if (!evaluated) return settings_.cancel.cancelled() ? stop() : Status(std::move(evaluated).error());
      evaluated->epoch = state().epoch + 1;
      keep = epochs_.add(*evaluated) && options_.keep_best;
      state().evaluations.push_back(*evaluated);
      line.update({{"validation_loss", finite(evaluated->loss)}, {"accuracy", evaluated->accuracy}, {"macro_f1", evaluated->macro_f1}});
    }
    training_.log += canonical(line) + "\n";
    state().epoch_losses.push_back(loss);
    ++state().epoch;
    state().groups = state().epoch_steps = 0;
    state().epoch_loss = 0;
    // The weights of the last epoch are those in the network.
    const bool last_and_best = state().epoch == options_.epochs && keep && epochs_.best().front().epoch == state().epoch;
    if (keep && !last_and_best) {
      TRY_ASSIGN(const Tensors learnt, learnt_parameters());
      TRY(checkpoints_.save_epoch(state().epoch, learnt));
    }
    TRY(save_checkpoint());
    return checkpoints_.keep_only(epochs_.best());
  }

  Result<Tensors> learnt_parameters() {
    TRY_ASSIGN(const Tensors all, network_.parameters());
    Tensors learnt;
    for (const std::string& name : settings_.learning)
      if (const auto found = all.find(name); found != all.end()) learnt.insert(*found);
    return learnt;
  }

  bool is_time_for_a_checkpoint() const {
    if (settings_.checkpoint_seconds == 0) return true;
    return seconds_since(last_checkpoint_) >= std::max(settings_.checkpoint_seconds, checkpoint_took_ / checkpoints_cost);
  }

  Status save_checkpoint() {
    const auto start = Steady::now();
    TRY_ASSIGN(const Tensors learnt, learnt_parameters());
    TRY_ASSIGN(const Tensors moments, network_.moments());
    state().network_steps = network_.steps();
    TRY(checkpoints_.save(state(), learnt, moments, training_.log));
    checkpoint_took_ = seconds_since(start);
    last_checkpoint_ = Steady::now();
    return {};
  }

  Status stop() {
    say("saving a checkpoint");
    TRY(save_checkpoint());
    Error error = cancelled_while("training");
    return std::move(error).note("a checkpoint of step " + std::to_string(state().step) + " of " + std::to_string(training_.steps) +
                                 " is kept: the next `run` goes on from there");
  }

  Status take_best() {
    if (!options_.keep_best || training_.best.empty() || training_.best.front().epoch == state().epoch) return {};
    TRY_ASSIGN(const auto best, weights::SafeTensors::open(checkpoints_.epoch_file(training_.best.front().epoch),
                                                           "the weights of epoch " + std::to_string(training_.best.front().epoch)));
    return network_.restore(best.tensors(), nullptr, network_.steps());
  }

  void say(const std::string& text) const { say(text, static_cast<double>(training_.state.step) / static_cast<double>(std::max<int64_t>(1, training_.steps))); }
  void say(const std::string& text, double done) const {
    if (settings_.progress) settings_.progress(done, text);
  }

  Network& network_;
  const Material& material_;
  const LoopSettings& settings_;
  const OptimizerOptions& options_;
  CheckpointStore& checkpoints_;
  Epochs epochs_;
  Training training_;
  Steady::time_point start_ = Steady::now(), last_checkpoint_ = start_;
  double checkpoint_took_ = 0;
  int64_t first_step_ = 0, tokens_ = 0;
};

}  // namespace

Result<Training> train(Network& network, const Material& material, const LoopSettings& settings, CheckpointStore& checkpoints,
                       const std::optional<Checkpoint>& from) {
  return Loop(network, material, settings, checkpoints).run(from);
}

}  // namespace mlopsctl::finetune
