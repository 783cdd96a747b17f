// The one place where it is settled whether a stage runs: `plan` asks it about what is known beforehand, `run` asks again whenever more
// has become known.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/engine/engine.hpp"
#include "pipeline/engine/graph.hpp"

namespace mlopsctl::engine {

// What is known of a stage by those that need it.
struct Known {
  enum class State {
    unknown,  // not run yet
    done,     // its artifacts are known
    refused,  // so they are, but its verdict is not pass
    blocked,  // behind one that refused
  };
  State state = State::unknown;
  std::vector<Artifact> artifacts;
  std::string verdict;  // of a refused one: "fail: accuracy 0.79 < 0.83"
};

// Of a stage whose result is known.
Known known_from(const std::vector<Artifact>& artifacts, const StageReport& report);

class Decider {
 public:
  // Digests of files are asked for once in its life: make a new one when time has passed. `store` may be null.
  Decider(const Graph& graph, std::string_view pipeline, Store* store, const RunOptions& options);

  // `known` has one entry per stage of the graph.
  Result<PlannedStage> decide(size_t stage, const std::vector<Known>& known);

 private:
  Result<std::optional<Digest>> digest_of(const ResolvedInput& input, const std::vector<Known>& known);
  Status add_history(PlannedStage& planned);

  const Graph& graph_;
  std::string_view pipeline_;
  Store* store_;
  const RunOptions& options_;
  std::map<std::filesystem::path, Digest> files_;
};

}  // namespace mlopsctl::engine
