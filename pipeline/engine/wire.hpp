// What a child process tells its parent: one line of JSON per message.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "pipeline/engine/runner.hpp"

namespace mlopsctl::engine {

std::string to_line(const Progress& progress);
std::string to_line(const JobResult& result);  // peak_memory is the parent's to measure
Result<std::variant<Progress, JobResult>> from_line(std::string_view line);

}  // namespace mlopsctl::engine
