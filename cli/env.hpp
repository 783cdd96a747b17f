// Env: everything of the world that commands may touch, made once by main and passed down. No globals.
#pragma once

#include <string>
#include <vector>

#include "cli/output.hpp"
#include "cli/terminal.hpp"
#include "pipeline/base/cancel.hpp"
#include "pipeline/base/clock.hpp"

namespace mlopsctl::cli {

struct Env {
  std::vector<std::string> words;  // the command line without the program's name
  Output& out;                     // the answer
  Output& err;                     // the conversation
  Variables variables;             // environment variables
  const Clock& clock;
  CancelToken& cancel;  // set by Ctrl-C and SIGTERM
};

}  // namespace mlopsctl::cli
