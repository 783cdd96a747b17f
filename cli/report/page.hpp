// The page about a run: one HTML file that needs nothing else, for light and dark, on paper and on a phone.
#pragma once

#include <string>

#include "cli/run_summary.hpp"
#include "pipeline/engine/run_record.hpp"

namespace mlopsctl::cli::report {

std::string html_page(const engine::RunRecord& record, const RunSummary& summary);

}  // namespace mlopsctl::cli::report
