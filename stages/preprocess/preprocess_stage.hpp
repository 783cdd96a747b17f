// The `preprocess` stage. Outputs: one `rows` per split (or per input, without `split`), `profile` (profile.json: what the data
// looks like) and `rejects` (rejects.csv: every row that was refused, and why).
#pragma once

#include <memory>

#include "pipeline/engine/stage.hpp"

namespace mlopsctl::preprocess {

std::unique_ptr<engine::Stage> make_preprocess_stage();

}  // namespace mlopsctl::preprocess
