// The one place that renders an Error.
#pragma once

#include <string>

#include "cli/terminal.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"

namespace mlopsctl::cli {

// configs/fraud.yaml:14:13: error: stages.train.params.lr: expected a number, got "fast"
//    14 |         lr: fast
//       |             ^~~~
// note: while training stage fit
// hint: use a value such as 0.001
// Then every further fault the same way, and a count when there is more than one.
std::string render_error(const Error& error, const Screen& screen);

// The object of pipeline/base/error_json.hpp with {"type": "error"}: what --json prints.
Json error_json(const Error& error);

}  // namespace mlopsctl::cli
