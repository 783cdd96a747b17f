// The cards of a report that depend on what kinds of stages found out: confusion, calibration, learning curves, drift, the data.
#pragma once

#include <string>

#include "pipeline/engine/run_record.hpp"

namespace mlopsctl::cli::report {

// Empty for a stage without anything to show.
std::string evaluation_cards(const engine::StageRun& stage);

}  // namespace mlopsctl::cli::report
