// Error as JSON: what travels between processes, is kept in run records, and is printed with --json.
#pragma once

#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"

namespace mlopsctl {

// {"kind", "exit_code", "message", "span": {"file","line","column","length","excerpt"} | null, "field", "notes", "hint", "also"}
Json to_json(const Error& error);
// An unreadable part is said in the message; the rest is kept.
Error error_from_json(const Json& json);

// One Error that carries all of them, in order: the first, with the rest in `also`. At least one is needed.
Error join(std::vector<Error> errors);

}  // namespace mlopsctl
