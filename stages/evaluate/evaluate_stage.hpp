// The stage kind `evaluate`: a model and labelled rows in, its evaluation and the judged model out.
#pragma once

#include <memory>

#include "pipeline/engine/stage.hpp"

namespace mlopsctl::evaluate {

std::unique_ptr<engine::Stage> make_evaluate_stage();

}  // namespace mlopsctl::evaluate
