// The stage kind `drift-check`: a model and a window of rows in, drift.json out.
#pragma once

#include <memory>

#include "pipeline/engine/stage.hpp"

namespace mlopsctl::drift {

std::unique_ptr<engine::Stage> make_drift_stage();

}  // namespace mlopsctl::drift
