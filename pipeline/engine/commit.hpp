// From a job that ended well to a result that is kept: artifacts into the store, the result into the index, models under their aliases.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pipeline/engine/runner.hpp"
#include "pipeline/engine/scratch.hpp"
#include "pipeline/engine/store.hpp"

namespace mlopsctl::engine {

// The job's outputs, in the order declared; to be called under the store's commit lock. A disk that fails is an Error, and then nothing
// may be remembered.
Result<std::vector<Artifact>> adopt_outputs(Store& store, Scratch& scratch, const Job& job, const JobResult& result);

// Sets the aliases the stage asks for. A reused result sets one only where the latest deployment under it was another model: a
// rollback or an alias set by hand stays until the pipeline makes something new. Nothing is done where the alias names the model already.
// `allowed` is asked before an alias is set, and its error is the answer.
Status publish(Store& store, const StageReport& report, const std::vector<Artifact>& artifacts, bool reused, std::string_view run_id,
               const std::function<Status(const std::string& alias, const Digest& model)>& allowed);

}  // namespace mlopsctl::engine
