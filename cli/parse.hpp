// Words to Arguments. The one place that knows CLI11; parsing never acts.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::cli {

// `words`: the command line without the program's name. Faults are ErrorKind::usage, with the nearest known name.
Result<Arguments> parse(const std::vector<std::string>& words);

}  // namespace mlopsctl::cli
