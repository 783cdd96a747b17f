// RunRecord: what happened in one run. Kept in the index; `history`, `diff`, `report` and `status` read it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/engine/plan.hpp"

namespace mlopsctl::engine {

// Where the code came from. Recorded, never hashed. All empty outside a git repository.
struct Provenance {
  std::string commit, branch, remote;  // remote without credentials
  bool dirty = false;
};

enum class StageState { succeeded, reused, failed, timed_out, cancelled, blocked, skipped };

struct StageRun {
  std::string name, kind;
  StageState state = StageState::skipped;
  std::vector<Reason> reasons;
  std::optional<CacheKey> key;
  std::vector<KeyPart> parts;
  std::vector<Artifact> artifacts;
  StageReport report;
  double seconds = 0;       // wall time of the last attempt
  int64_t peak_memory = 0;  // bytes; 0: not measured
  int attempts = 0;
  std::optional<Error> error;
};

enum class RunState { succeeded, refused /* a verdict said no */, failed, timed_out, interrupted };

struct RunRecord {
  std::string id;                 // 20260131-081500-3f9a
  std::string pipeline;           // its name
  std::string started, finished;  // RFC 3339
  double seconds = 0;
  RunState state = RunState::succeeded;
  std::vector<StageRun> stages;  // in dependency order
  Provenance provenance;
  Json versions = Json::object();  // mlopsctl and the libraries that matter
  Json host = Json::object();      // os, cpu, cores
  std::string command;             // as typed, secrets cannot be in it

  const StageRun* stage(std::string_view name) const;
};

std::string_view to_string(StageState state);
std::string_view to_string(RunState state);
int exit_code(RunState state);  // 0, 1, 3, 5, 130
Json to_json(const StageRun& stage);
Json to_json(const RunRecord& record);
Json frame_to_json(const RunRecord& record);  // the same with no stages in it
Result<RunRecord> record_from_json(const Json& json);

}  // namespace mlopsctl::engine
