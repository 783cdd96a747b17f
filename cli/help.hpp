// Help: generated from the table that parses; never wider than 80 columns.
#pragma once

#include <string>
#include <string_view>

#include "cli/command.hpp"
#include "cli/terminal.hpp"

namespace mlopsctl::cli {

std::string program_help(const Screen& screen);
// "cache": the commands that begin with it.
std::string topic_help(std::string_view topic, const Screen& screen);
std::string command_help(const Command& command, const Screen& screen);
// "mlopsctl run [-f FILE]... [STAGE...]"
std::string usage_line(const Command& command);

// Words filled into lines of at most `width` columns, each after `indent` blanks; paragraphs end with a line end in `text`.
std::string wrap(std::string_view text, int width, int indent);

}  // namespace mlopsctl::cli
