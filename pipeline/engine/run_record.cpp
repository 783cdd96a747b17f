#include "pipeline/engine/run_record.hpp"

#include "pipeline/base/error_json.hpp"
#include "pipeline/engine/plan_json.hpp"

namespace mlopsctl::engine {

namespace {

constexpr StageState stage_states[] = {StageState::succeeded, StageState::reused,  StageState::failed, StageState::timed_out,
                                       StageState::cancelled, StageState::blocked, StageState::skipped};
constexpr RunState run_states[] = {RunState::succeeded, RunState::refused, RunState::failed, RunState::timed_out, RunState::interrupted};

template <typename State, size_t n>
State state_from(const Json& json, const State (&states)[n]) {
  const auto name = json.get<std::string>();
  for (const State state : states)
    if (to_string(state) == name) return state;
  throw Json::other_error::create(501, "\"" + name + "\" is not a state", &json);
}

Result<StageRun> stage_from_json(const Json& json) {
  StageRun stage;
  stage.name = json.at("name").get<std::string>();
  stage.kind = json.at("kind").get<std::string>();
  stage.state = state_from(json.at("state"), stage_states);
  stage.reasons = reasons_from_json(json.at("reasons"));
  if (!json.at("key").is_null()) stage.key = CacheKey{digest_from_json(Json("sha256:" + json.at("key").get<std::string>()))};
  stage.parts = parts_from_json(json.at("parts"));
  stage.artifacts = artifacts_from_json(json.at("artifacts"));
  TRY_ASSIGN(stage.report, report_from_json(json.at("report")));
  stage.seconds = json.at("seconds").get<double>();
  stage.peak_memory = json.at("peak_memory").get<int64_t>();
  stage.attempts = json.at("attempts").get<int>();
  if (!json.at("error").is_null()) stage.error = error_from_json(json.at("error"));
  return stage;
}

}  // namespace

const StageRun* RunRecord::stage(std::string_view name) const {
  for (const auto& stage : stages)
    if (stage.name == name) return &stage;
  return nullptr;
}

std::string_view to_string(StageState state) {
  switch (state) {
    case StageState::succeeded:
      return "succeeded";
    case StageState::reused:
      return "reused";
    case StageState::failed:
      return "failed";
    case StageState::timed_out:
      return "timed_out";
    case StageState::cancelled:
      return "cancelled";
    case StageState::blocked:
      return "blocked";
    case StageState::skipped:
      return "skipped";
  }
  return "skipped";
}

std::string_view to_string(RunState state) {
  switch (state) {
    case RunState::succeeded:
      return "succeeded";
    case RunState::refused:
      return "refused";
    case RunState::failed:
      return "failed";
    case RunState::timed_out:
      return "timed_out";
    case RunState::interrupted:
      return "interrupted";
  }
  return "failed";
}

int exit_code(RunState state) {
  switch (state) {
    case RunState::succeeded:
      return 0;
    case RunState::refused:
      return 1;
    case RunState::failed:
      return 3;
    case RunState::timed_out:
      return 5;
    case RunState::interrupted:
      return 130;
  }
  return 3;
}

Json to_json(const StageRun& stage) {
  return {{"name", stage.name},
          {"kind", stage.kind},
          {"state", to_string(stage.state)},
          {"reasons", to_json(stage.reasons)},
          {"key", stage.key ? Json(stage.key->str()) : Json()},
          {"parts", to_json(stage.parts)},
          {"artifacts", to_json(stage.artifacts)},
          {"report", to_json(stage.report)},
          {"seconds", stage.seconds},
          {"peak_memory", stage.peak_memory},
          {"attempts", stage.attempts},
          {"error", stage.error ? mlopsctl::to_json(*stage.error) : Json()}};
}

Json frame_to_json(const RunRecord& record) {
  return {
      {"id", record.id},
      {"pipeline", record.pipeline},
      {"started", record.started},
      {"finished", record.finished},
      {"seconds", record.seconds},
      {"state", to_string(record.state)},
      {"exit_code", exit_code(record.state)},
      {"stages", Json::array()},
      {"provenance",
       {{"commit", record.provenance.commit}, {"branch", record.provenance.branch}, {"remote", record.provenance.remote}, {"dirty", record.provenance.dirty}}},
      {"versions", record.versions},
      {"host", record.host},
      {"command", record.command}};
}

Json to_json(const RunRecord& record) {
  Json json = frame_to_json(record);
  Json& stages = json["stages"];
  for (const auto& stage : record.stages) stages.push_back(to_json(stage));
  return json;
}

Result<RunRecord> record_from_json(const Json& json) {
  try {
    RunRecord record;
    record.id = json.at("id").get<std::string>();
    record.pipeline = json.at("pipeline").get<std::string>();
    record.started = json.at("started").get<std::string>();
    record.finished = json.at("finished").get<std::string>();
    record.seconds = json.at("seconds").get<double>();
    record.state = state_from(json.at("state"), run_states);
    for (const auto& item : json.at("stages")) {
      TRY_ASSIGN(StageRun stage, stage_from_json(item));
      record.stages.push_back(std::move(stage));
    }
    const Json& provenance = json.at("provenance");
    record.provenance = {provenance.at("commit").get<std::string>(), provenance.at("branch").get<std::string>(), provenance.at("remote").get<std::string>(),
                         provenance.at("dirty").get<bool>()};
    record.versions = json.at("versions");
    record.host = json.at("host");
    record.command = json.at("command").get<std::string>();
    return record;
  } catch (const Json::exception& fault) { return stage_error(std::string("a stored run record cannot be read: ") + fault.what()); }
}

}  // namespace mlopsctl::engine
