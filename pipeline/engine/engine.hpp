// The engine's two verbs: make_plan (looks, changes nothing) and execute (one single-threaded control loop).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/clock.hpp"
#include "pipeline/engine/plan.hpp"
#include "pipeline/engine/reporter.hpp"
#include "pipeline/engine/run_record.hpp"
#include "pipeline/engine/stage.hpp"
#include "pipeline/engine/store.hpp"
#include "pipeline/spec/pipeline.hpp"

namespace mlopsctl::engine {

struct RunOptions {
  std::filesystem::path project;  // folder that relative paths start from
  std::vector<std::string> only;  // stages asked for (with what they need); empty: all
  bool force = false;             // run the stages asked for even if their result is known
  int jobs = 1;                   // stages at once
  bool wait = true;               // for another run of the same pipeline; false: say who holds it and fail
  std::string runner;             // overrides every stage's: "process", "thread" or empty
  std::string command;            // for the record
  Json versions = Json::object();
  std::function<Provenance()> provenance;  // called once, only if some stage runs
};

// Resolves references (inputs, outputs, models), asks every Stage for its outputs and finds all faults at once: the part of
// validation that needs the kinds of stages. Returns the stages in dependency order with their declared inputs and outputs.
Status check(const spec::Pipeline& pipeline, const StageRegistry& registry);

// `store` may be null: nothing is remembered then.
Result<Plan> make_plan(const spec::Pipeline& pipeline, const StageRegistry& registry, Store* store, const RunOptions& options);

// Runs what make_plan would say, re-deciding each stage as the digests before it become known. A stage that fails is in the
// record; an Error is returned only when the run could not be carried out at all (store not writable, pipeline held by another).
Result<RunRecord> execute(const spec::Pipeline& pipeline, const StageRegistry& registry, Store& store, const RunOptions& options, const Clock& clock,
                          const CancelToken& cancel, Reporter& reporter);

}  // namespace mlopsctl::engine
