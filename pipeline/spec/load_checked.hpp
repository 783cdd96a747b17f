// load() for a caller that knows more than the field table: what it finds is told together with what load() found.
#pragma once

#include <functional>

#include "pipeline/spec/pipeline.hpp"

namespace mlopsctl::spec {

// `check` is called with the pipeline; where load() found faults, with the stages that are free of them and need none that is not.
// Its Error may carry several (Error::also).
Result<Pipeline> load_checked(const LoadOptions& options, const StageCatalog& catalog, const std::function<Status(const Pipeline&)>& check);

}  // namespace mlopsctl::spec
