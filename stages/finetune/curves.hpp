// training.jsonl in small: what a report draws.
#pragma once

#include <cstdint>
#include <string>

#include "pipeline/base/json.hpp"

namespace mlopsctl::finetune {

// {"steps": [[step, learning rate, loss, gradient norm], ...], "epochs": [the epochs' lines]}; of more than `most` steps, means of neighbours.
// A loss or norm that was not finite is null.
Json curves_of(const std::string& training_log, size_t most = 200);

}  // namespace mlopsctl::finetune
