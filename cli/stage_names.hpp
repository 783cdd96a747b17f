// Stages named on the command line.
#pragma once

#include <string>
#include <vector>

#include "pipeline/spec/pipeline.hpp"

namespace mlopsctl::cli {

// Each must be a stage of the pipeline; the error suggests the nearest.
Status check_stage_names(const spec::Pipeline& pipeline, const std::vector<std::string>& names);

}  // namespace mlopsctl::cli
