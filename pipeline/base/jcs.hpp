// JSON Canonicalization Scheme (RFC 8785): the one text that a JSON value has in every program, so that a signature can be checked elsewhere.
#pragma once

#include <string>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl {

// Errors: a number that is infinite, not a number, or an integer beyond 2^53; text that is not UTF-8.
Result<std::string> jcs(const Json& value);

}  // namespace mlopsctl
