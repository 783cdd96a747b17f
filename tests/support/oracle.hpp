// What other programs gave for the same input: tests/oracle/expected/NAME.json.
#pragma once

#include <stdexcept>
#include <string>

#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"
#include "tests/support/places.hpp"

namespace mlopsctl::testing {

// Throws, which fails the test, where it is not there or is no JSON.
inline Json oracle(const std::string& name) {
  const auto text = read_file(oracle_folder() / (name + ".json"));
  if (!text.ok()) throw std::runtime_error(text.error().message);
  const auto json = parse_json(*text, name + ".json");
  if (!json.ok()) throw std::runtime_error(json.error().message);
  return *json;
}

}  // namespace mlopsctl::testing
