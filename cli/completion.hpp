// Completion scripts, generated from the table that parses.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/base/result.hpp"

namespace mlopsctl::cli {

// `shell`: bash, zsh or fish. Stage names, runs and aliases are asked of `mlopsctl` itself when TAB is pressed.
Result<std::string> completion_script(std::string_view shell);

}  // namespace mlopsctl::cli
