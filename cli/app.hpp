// The program between main and the commands: parse, dispatch, print the answer, map faults to exit codes.
#pragma once

#include "cli/env.hpp"

namespace mlopsctl::cli {

// The exit code. Catches whatever escapes: an exception here is a bug, and said to be one (70).
int run_app(Env& env);

}  // namespace mlopsctl::cli
