#include "cli/report/evaluation.hpp"

namespace mlopsctl::cli::report {

std::string evaluation_cards(const engine::StageRun&) { return ""; }

}  // namespace mlopsctl::cli::report
