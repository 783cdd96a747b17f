// One line of JSON Lines: an object; what it says of each column, as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/json.hpp"
#include "stages/data/faults.hpp"

namespace mlopsctl::data {

// The line as an object; the error's span points into the line where the parser says where it stopped.
Result<Json> parse_line(const RecordPlace& place);

// A value as a table cell: text as it is, null and missing keys empty, true/false, numbers as JSON writes them, lists and objects as
// canonical JSON.
void append_cell(std::string& out, const Json& value);

}  // namespace mlopsctl::data
