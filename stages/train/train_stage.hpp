// The stage kind `train`: labelled rows in, a model folder out.
#pragma once

#include <memory>

#include "pipeline/engine/stage.hpp"

namespace mlopsctl::train {

std::unique_ptr<engine::Stage> make_train_stage();

}  // namespace mlopsctl::train
