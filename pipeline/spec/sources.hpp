// From files and --set assignments to one document.
#pragma once

#include <string>
#include <vector>

#include "pipeline/base/document.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/spec/field.hpp"
#include "pipeline/spec/pipeline.hpp"

namespace mlopsctl::spec {

// Reads the files, lays each over those before it, and applies the assignments: `--set data=/x` sets the variable `data` where the
// files declare one, anything else is a dotted path. `file` is the type of the whole document (for suggestions). All faults are
// appended; nothing is returned when the document cannot be used.
std::optional<Node> read_sources(const LoadOptions& options, const Type& file, std::vector<Error>& errors);

}  // namespace mlopsctl::spec
