// The tables of index.sqlite, their version, and what happens to an index that is damaged or from the future.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/engine/sqlite.hpp"

namespace mlopsctl::engine {

// Opens `<folder>/index.sqlite`, making or (when it is damaged) replacing it; a replacement is told in `warnings` and the damaged file
// kept as index.sqlite.damaged-N. An index written by a newer mlopsctl is an error.
Result<std::unique_ptr<Database>> open_index(const std::filesystem::path& folder, std::vector<std::string>& warnings);

// Leaves a mark, so that the next process to open the index replaces it.
void mark_damaged(const std::filesystem::path& folder);

}  // namespace mlopsctl::engine
