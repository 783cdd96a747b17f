// The engine's two verbs: make_plan (looks, changes nothing) and execute (one single-threaded control loop).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/clock.hpp"
#include "pipeline/engine/graph.hpp"
#include "pipeline/engine/plan.hpp"
#include "pipeline/engine/reporter.hpp"
#include "pipeline/engine/run_record.hpp"
#include "pipeline/engine/stage.hpp"
#include "pipeline/engine/store.hpp"
#include "pipeline/engine/witness.hpp"
#include "pipeline/spec/pipeline.hpp"

namespace mlopsctl::engine {

struct RunOptions {
  std::filesystem::path project;           // folder that relative paths start from
  std::vector<std::string> only;           // stages asked for (with what they need); empty: all
  bool force = false;                      // run the stages asked for even if their result is known
  int jobs = 1;                            // stages at once
  bool wait = true;                        // for another run of the same pipeline; false: say who holds it and fail
  bool past_verdicts = false;              // what needs a stage whose verdict says no runs all the same
  std::map<std::string, Digest> pinned{};  // aliases that stand for these very models in this run, whatever they name by now
  std::string runner;                      // overrides every stage's: "process", "thread" or empty
  std::string command;                     // for the record
  Detail detail = Detail::full;            // of reused stages, in the plan and in the record returned; what is stored is complete in any case
  Json versions = Json::object();
  std::function<Provenance()> provenance;  // called once, only if some stage runs
  Witness* witness = nullptr;              // may be null
};

// `store` may be null: nothing is remembered then.
Result<Plan> make_plan(const spec::Pipeline& pipeline, const StageRegistry& registry, Store* store, const RunOptions& options);
// For callers that have resolved the pipeline already, to check it.
Result<Plan> make_plan(const spec::Pipeline& pipeline, Graph resolved, Store* store, const RunOptions& options);

// Runs what make_plan would say, re-deciding each stage as the digests before it become known. A stage that fails is in the
// record; an Error is returned only when the run could not be carried out at all (store not writable, pipeline held by another).
Result<RunRecord> execute(const spec::Pipeline& pipeline, const StageRegistry& registry, Store& store, const RunOptions& options, const Clock& clock,
                          const CancelToken& cancel, Reporter& reporter);
Result<RunRecord> execute(const spec::Pipeline& pipeline, Graph resolved, Store& store, const RunOptions& options, const Clock& clock,
                          const CancelToken& cancel, Reporter& reporter);

}  // namespace mlopsctl::engine
