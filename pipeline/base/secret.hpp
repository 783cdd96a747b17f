// Where secrets are: an environment variable or a file, never a command line or a pipeline file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/base/result.hpp"

namespace mlopsctl {

using Variables = std::function<std::optional<std::string>(std::string_view)>;  // the environment

// Without blanks at both ends.
std::string first_line(std::string_view text);

// `place` is env:NAME or file:PATH; of a file, its first line. Errors name the place, never what is there: nothing, or an empty line.
Result<std::string> secret_at(const std::string& place, const Variables& variables);

}  // namespace mlopsctl
