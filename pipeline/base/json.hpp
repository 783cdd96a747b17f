// The one place that includes nlohmann-json. Json sorts its keys, so equal values have equal bytes.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "pipeline/base/result.hpp"

namespace mlopsctl {

using Json = nlohmann::json;

// Strict: duplicate keys, depth over 64 and trailing text are errors. `name` appears in the message.
Result<Json> parse_json(std::string_view text, std::string_view name);

// One line, sorted keys, UTF-8 kept: the form that is hashed. Invalid UTF-8 is replaced by U+FFFD.
std::string canonical(const Json& value);
void append_canonical(std::string& out, const Json& value);
// Two-space indented, sorted keys, final newline: the form that people read.
std::string pretty(const Json& value);

}  // namespace mlopsctl
