// Kind `deploy`: a release of an accepted model.
//
// Inputs: exactly one of type model (evaluate hands on the one it judged), any number of type evaluation and drift.
// Outputs: `release` (release.json, and manifests/*.yaml with a kubernetes target); with a local target also `model`, the input
// unchanged, which the engine then publishes under the alias.
#pragma once

#include <memory>

#include "pipeline/engine/stage.hpp"

namespace mlopsctl::deploy {

std::unique_ptr<engine::Stage> make_deploy_stage();

}  // namespace mlopsctl::deploy
