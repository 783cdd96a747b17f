// A scorer without a queue: scores on the caller's thread.
#pragma once

#include <memory>

#include "stages/serve/scoring/scorer.hpp"

namespace mlopsctl::serve {

std::unique_ptr<Scorer> plain_scorer(std::shared_ptr<const LiveModel> model);

}  // namespace mlopsctl::serve
