// What stages refer to: every name exists, and no stage needs itself.
#pragma once

#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/spec/pipeline.hpp"

namespace mlopsctl::spec {

// Appends a fault for every reference to something that is not there, every repeated or self reference, every stage with the name of
// an input, and every cycle. Linear in the size of the pipeline.
void check_references(const Pipeline& pipeline, std::vector<Error>& errors);

}  // namespace mlopsctl::spec
