// Which mlopsctl this is: version, commit, features and libraries, all known at build time.
#pragma once

#include <string>

#include "pipeline/base/json.hpp"

namespace mlopsctl::cli {

// {"version", "commit" (null outside a git repository), "dirty", "compiler", "build", "features": {"torch": false}, "libraries": {...}}
Json version_info();
// {"mlopsctl": "0.1.0", "yaml-cpp": "0.7.0", ...}: what a run records.
Json library_versions();

}  // namespace mlopsctl::cli
