// Witness: who looks on while a run goes on, and may refuse a release. Called on the executor's thread.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/engine/graph.hpp"
#include "pipeline/engine/run_record.hpp"

namespace mlopsctl::engine {

class Witness {
 public:
  virtual ~Witness() = default;
  // A stage ended well: it ran, or its result is reused. Comes before anything that needs the stage is considered. An error fails the stage.
  virtual Status saw(const ResolvedStage& stage, const StageRun& run, std::string_view run_id) = 0;
  // A stage is about to give the model an alias that it has not got. An error fails the stage, and the alias stays.
  virtual Status allows(const ResolvedStage& stage, const std::string& alias, const Digest& model) = 0;
};

}  // namespace mlopsctl::engine
