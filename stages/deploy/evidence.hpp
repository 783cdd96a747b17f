// What a release rests on: each input by digest, with the verdict and the headline figures that an evaluation or drift report gave.
#pragma once

#include "pipeline/engine/stage.hpp"

namespace mlopsctl::deploy {

// One entry of release.json's "inputs". Fails when a report cannot be read, and when an evaluation is of another model than `model`:
// then the verdict says nothing of what would be released.
Result<Json> evidence_of(const engine::StageInput& input, const Digest& model);

}  // namespace mlopsctl::deploy
