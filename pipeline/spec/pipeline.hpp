// Pipeline: the validated, immutable content of pipeline.yaml. Everything past load() may rely on it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/document.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/spec/stage_catalog.hpp"

namespace mlopsctl::spec {

// A file that comes from outside: `inputs.train`.
struct InputSpec {
  std::string name;
  std::filesystem::path path;  // as written after ${var} expansion; relative to the project folder
  Json options;                // canonical, without the path: format, header, encoding, columns ... (part of the cache key)
  SourceSpan span;             // of the path
};

// "train" (an input), "clean" (all outputs of a stage) or "clean.test" (one output), as written; of Pipeline::trust, a key.
struct InputRef {
  std::string text;
  SourceSpan span;
};

// A parameter of type `model`: "evaluate.champion: baseline" or "train.model.base: models/MiniLM".
struct ModelRef {
  std::string field;  // dotted path below the stage: "champion", "model.base"
  std::string text;   // a stage's name, a registered alias, or a path
  SourceSpan span;
};

struct StageSpec {
  std::string name;
  std::string kind;
  std::vector<InputRef> inputs;
  std::vector<ModelRef> models;
  Json params;         // the kind's own fields, canonical: every field present, defaults filled in, null for "none"
  uint64_t seed = 0;   // the stage's, or else the pipeline's
  double timeout = 0;  // seconds; 0: none
  int retries = 0;
  bool cache = true;
  std::string runner;                  // "process" or "thread"
  SourceSpan span;                     // of the stage's name
  std::map<std::string, Mark> fields;  // dotted path below the stage -> where its value stands
};

struct Pipeline {
  std::string name;
  uint64_t seed = 0;
  std::vector<InputSpec> inputs;               // in file order
  Json alerts;                                 // who is told: name -> canonical value of alert_type() (alerts.hpp)
  Json retrain;                                // when to train anew: canonical value of retrain_type() (retrain.hpp); null: never
  std::map<std::string, Mark> retrain_fields;  // dotted path below `retrain` -> where its value stands
  std::vector<InputRef> trust;                 // public keys whose decision records release a model, as written
  std::vector<StageSpec> stages;               // in file order; acyclic, every reference to an input or a stage exists

  const StageSpec* stage(std::string_view name) const;
  const InputSpec* input(std::string_view name) const;
};

struct LoadOptions {
  std::vector<std::filesystem::path> files;  // overlaid in order
  std::vector<std::string> sets;             // --set assignments, applied last
  std::filesystem::path parsed{};            // folder of remembered parses (base/yaml_cache.hpp); empty: none
};

// Reads, overlays, expands ${var}, validates. On failure the Error carries every fault found (Error::also), in file order.
Result<Pipeline> load(const LoadOptions& options, const StageCatalog& catalog);

// The JSON Schema (draft 2020-12) of a pipeline file, for editors.
Json json_schema(const StageCatalog& catalog);
// The reference page in Markdown: every key, type, default, description.
std::string reference_page(const StageCatalog& catalog);

}  // namespace mlopsctl::spec
