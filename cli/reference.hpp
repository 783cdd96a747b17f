// The reference of commands in Markdown, from the table that parses.
#pragma once

#include <string>

namespace mlopsctl::cli {

std::string command_reference();

}  // namespace mlopsctl::cli
