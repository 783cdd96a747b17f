// What other programs gave for the same input: tests/oracle/expected/NAME.json.
#pragma once

#include <string>

#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"
#include "tests/support/places.hpp"

namespace mlopsctl::testing {

inline Json oracle(const std::string& name) { return parse_json(read_file(oracle_folder() / (name + ".json")).value(), name + ".json").value(); }

}  // namespace mlopsctl::testing
