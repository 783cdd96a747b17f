// Where the page about a run lies, and writing it.
#pragma once

#include <filesystem>

#include "pipeline/base/result.hpp"
#include "pipeline/engine/run_record.hpp"
#include "pipeline/engine/store.hpp"

namespace mlopsctl::cli {

// .mlopsctl/reports/<run id>.html
std::filesystem::path report_path(const engine::Store& store, const std::string& run_id);
Status write_report(engine::Store& store, const std::filesystem::path& project, const engine::RunRecord& record);

}  // namespace mlopsctl::cli
