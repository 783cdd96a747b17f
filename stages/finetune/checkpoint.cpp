#include "stages/finetune/checkpoint.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <limits>

#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"

namespace mlopsctl::finetune {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view format = "mlopsctl-checkpoint-1";

std::string folder_name(int64_t step, int64_t groups) {
  char name[64];
  std::snprintf(name, sizeof name, "at-%09lld-%09lld", static_cast<long long>(step), static_cast<long long>(groups));
  return name;
}

std::vector<fs::path> entries(const fs::path& folder, std::string_view prefix) {
  std::vector<fs::path> found;
  std::error_code fault;
  for (fs::directory_iterator entry(folder, fault), end; !fault && entry != end; entry.increment(fault))
    if (entry->path().filename().string().starts_with(prefix)) found.push_back(entry->path());
  std::sort(found.begin(), found.end());
  return found;
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }
double number(const Json& value) { return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>(); }

Json to_json(const TrainingState& state) {
  Json evaluations = Json::array(), losses = Json::array();
  for (const Evaluation& each : state.evaluations)
    evaluations.push_back({{"epoch", each.epoch}, {"loss", number(each.loss)}, {"accuracy", each.accuracy}, {"macro_f1", each.macro_f1}});
  for (const double loss : state.epoch_losses) losses.push_back(number(loss));
  return {{"format", format},
          {"step", state.step},
          {"epoch", state.epoch},
          {"groups", state.groups},
          {"network_steps", state.network_steps},
          {"skipped", state.skipped},
          {"skipped_in_a_row", state.skipped_in_a_row},
          {"clipped", state.clipped},
          {"epoch_loss", number(state.epoch_loss)},
          {"epoch_steps", state.epoch_steps},
          {"evaluations", std::move(evaluations)},
          {"epoch_losses", std::move(losses)},
          {"precision", state.precision}};
}

Result<TrainingState> state_from(const std::string& text) {
  TRY_ASSIGN(const Json json, parse_json(text, "state.json"));
  try {
    if (json.at("format") != format) return stage_error("state.json: another format");
    TrainingState state;
    state.step = json.at("step");
    state.epoch = json.at("epoch");
    state.groups = json.at("groups");
    state.network_steps = json.at("network_steps");
    state.skipped = json.at("skipped");
    state.skipped_in_a_row = json.at("skipped_in_a_row");
    state.clipped = json.at("clipped");
    state.epoch_loss = number(json.at("epoch_loss"));
    state.epoch_steps = json.at("epoch_steps");
    for (const Json& each : json.at("evaluations"))
      state.evaluations.push_back({each.at("epoch"), number(each.at("loss")), each.at("accuracy"), each.at("macro_f1")});
    for (const Json& loss : json.at("epoch_losses")) state.epoch_losses.push_back(number(loss));
    state.precision = json.at("precision");
    return state;
  } catch (const Json::exception& fault) { return stage_error(std::string("state.json: ") + fault.what()); }
}

Result<Checkpoint> read(const fs::path& folder) {
  TRY_ASSIGN(const std::string text, read_file(folder / "state.json"));
  TRY_ASSIGN(TrainingState state, state_from(text));
  TRY_ASSIGN(auto parameters, weights::SafeTensors::open(folder / "parameters.safetensors", "checkpoint"));
  TRY_ASSIGN(auto moments, weights::SafeTensors::open(folder / "moments.safetensors", "checkpoint"));
  TRY_ASSIGN(std::string log, read_file(folder / "training.jsonl"));
  return Checkpoint{std::move(state), std::move(parameters), std::move(moments), std::move(log)};
}

Status write_tensors(const fs::path& file, const Tensors& tensors) {
  weights::SafeTensorsWriter writer;
  for (const auto& [name, tensor] : tensors) writer.add(name, tensor.dtype, tensor.shape, tensor.bytes);
  return writer.save(file);
}

}  // namespace

Result<std::optional<Checkpoint>> CheckpointStore::latest() {
  TRY(mlopsctl::remove_all(folder_ / "saving"));
  sweep_temporaries(folder_);
  auto found = entries(folder_, "at-");
  std::optional<Checkpoint> last;
  while (!found.empty()) {
    const fs::path folder = std::move(found.back());
    found.pop_back();
    if (!last) {
      if (auto checkpoint = read(folder)) {
        last = std::move(*checkpoint);
        continue;
      }
    }
    TRY(mlopsctl::remove_all(folder));
  }
  return last;
}

Status CheckpointStore::save(const TrainingState& state, const Tensors& parameters, const Tensors& moments, const std::string& log) {
  const fs::path saving = folder_ / "saving", target = folder_ / folder_name(state.step, state.epoch * 1'000'000 + state.groups);
  std::error_code ignored;
  if (fs::exists(target, ignored)) return {};  // of the same place: the same bytes
  const auto write = [&]() -> Status {
    TRY(mlopsctl::remove_all(saving));
    TRY(make_folders(saving));
    TRY(write_tensors(saving / "parameters.safetensors", parameters));
    TRY(write_tensors(saving / "moments.safetensors", moments));
    TRY(write_file(saving / "training.jsonl", log));
    TRY(write_file(saving / "state.json", pretty(to_json(state))));
    TRY(sync_tree(saving));
    if (std::rename(saving.c_str(), target.c_str()) != 0) return io_error("write", target.string(), errno);
    return sync_path(folder_);
  };
  if (Status written = write(); !written) {
    (void)mlopsctl::remove_all(saving);
    return std::move(written).error().note("while saving a checkpoint of step " + std::to_string(state.step) +
                                           "; the one before it was kept, and `run` goes on from it");
  }
  for (const fs::path& older : entries(folder_, "at-"))
    if (older != target) TRY(mlopsctl::remove_all(older));
  return {};
}

Status CheckpointStore::save_epoch(int64_t epoch, const Tensors& parameters) {
  Status saved = write_tensors(epoch_file(epoch), parameters);
  if (!saved) return std::move(saved).error().note("while saving the weights of epoch " + std::to_string(epoch));
  return {};
}

Status CheckpointStore::keep_only(const std::vector<Evaluation>& best) {
  for (const fs::path& file : entries(folder_, "epoch-")) {
    const bool wanted = std::any_of(best.begin(), best.end(), [&](const Evaluation& each) { return epoch_file(each.epoch) == file; });
    if (!wanted) TRY(mlopsctl::remove_all(file));
  }
  return {};
}

}  // namespace mlopsctl::finetune
