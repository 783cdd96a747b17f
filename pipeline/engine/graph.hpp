// Graph: the stages of a pipeline in dependency order, every reference resolved to where its bytes come from.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/engine/stage.hpp"
#include "pipeline/engine/store.hpp"
#include "pipeline/spec/pipeline.hpp"

namespace mlopsctl::engine {

struct ResolvedInput {
  InputShape shape;
  std::string origin;                         // see StageInput::origin
  SourceSpan span;                            // where the reference, or for a file its path, is written
  std::optional<size_t> producer;             // index into Graph::stages, for an output of a stage
  size_t output = 0;                          // which of the producer's outputs
  const spec::InputSpec* external = nullptr;  // for a file named under `inputs`
  std::filesystem::path path;                 // absolute; of a file, or of a model given by path (see locate)
  std::optional<Digest> digest;               // of a model given by alias (see locate)
};

struct ResolvedStage {
  const spec::StageSpec* spec = nullptr;
  const Stage* stage = nullptr;
  std::vector<ResolvedInput> inputs;  // in the order written, parameters of type model last
  std::vector<size_t> needs;          // producers, ascending, each once
  std::vector<OutputDecl> outputs;
};

struct Graph {
  std::vector<ResolvedStage> stages;  // dependency order, ties in file order
};

// Everything that can be said without looking at the disk; all faults at once. A parameter of type model that names no stage is
// left for locate(). The graph points into `pipeline` and `registry`.
Result<Graph> resolve(const spec::Pipeline& pipeline, const StageRegistry& registry);

// The stages named and what they need; all when `only` is empty. An unknown name is a usage error.
Result<Graph> select(Graph graph, const std::vector<std::string>& only);

// Finds the files and registered models that come from outside; every one that is missing is reported at once. `store` may be null.
// An alias in `pinned` stands for that model, if the store has it.
Status locate(Graph& graph, const std::filesystem::path& project, Store* store, const std::map<std::string, Digest>& pinned = {});

}  // namespace mlopsctl::engine
