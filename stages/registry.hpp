// The kinds of stages there are.
#pragma once

#include "pipeline/engine/stage.hpp"
#include "pipeline/spec/stage_catalog.hpp"

namespace mlopsctl::stages {

engine::StageRegistry make_registry();
// What the reader of pipeline.yaml must know of them, by name.
spec::StageCatalog catalog(const engine::StageRegistry& registry);

}  // namespace mlopsctl::stages
