// Plan: for each stage run, reuse or pending, and why. decide() is the only place where that is settled; `plan` and `run` both use it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/digest.hpp"
#include "pipeline/engine/artifact.hpp"
#include "pipeline/engine/stage.hpp"
#include "pipeline/spec/pipeline.hpp"

namespace mlopsctl::engine {

// Names a computation: a tagged hash of everything that may change its result. Not a Digest, which names bytes.
struct CacheKey {
  Digest value;
  std::string str() const { return value.hex(); }
  auto operator<=>(const CacheKey&) const = default;
};

// One thing a key was made from, kept with the result so that `explain` can compare old and new.
struct KeyPart {
  std::string name;   // "params.model.c", "input.clean.train", "seed", "stage version", "backend"
  std::string value;  // "0.5", "sha256:...", "1"
};

enum class Action {
  run,      // its result is not known
  reuse,    // its result is in the store
  pending,  // depends on a stage that has to run first; it may turn out to be reusable
  blocked   // a verdict before it said no
};

// A cause, with old and new value: {"params.model.c", "1", "0.5"}. Empty old: it was not there before.
struct Reason {
  std::string what;
  std::string old_value;
  std::string new_value;
};

// How much is read of results that are reused.
enum class Detail {
  full,
  brief  // without the parts of their keys and the summaries of their reports: all that a run with nothing to do needs
};

struct PlannedStage {
  std::string name;
  std::string kind;
  Action action = Action::run;
  std::vector<Reason> reasons;
  std::optional<CacheKey> key;  // nothing while pending
  std::vector<KeyPart> parts;   // what the key was made from; with Detail::brief not of a reused stage
  std::vector<OutputDecl> outputs;
  std::vector<Artifact> artifacts;    // of a reused stage
  std::optional<StageReport> report;  // of a reused stage
  double expected_seconds = 0;        // from history; 0: unknown
};

struct Plan {
  std::string pipeline;
  std::vector<PlannedStage> stages;  // in dependency order, ties in file order
  bool nothing_to_do() const;
  double expected_seconds = 0;  // with the given parallelism; 0: unknown
};

std::string_view to_string(Action action);
// "params.model.c changed 1 -> 0.5"; "no earlier result"; "forced"
std::string to_string(const Reason& reason);
Json to_json(const Plan& plan);

}  // namespace mlopsctl::engine
