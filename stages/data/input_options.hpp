// The options of an `inputs.<name>` entry (spec::InputSpec::options) as a struct.
#pragma once

#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "stages/data/table.hpp"

namespace mlopsctl::data {

struct InputOptions {
  TableOptions table;
  std::string text, label, id, group, weight;  // columns; empty: none
  std::vector<std::string> columns;            // further ones that the rows keep
  Json labels;                                 // value found -> label meant; null: as found
};

// `options` is canonical (validated by the field table); absent or null fields keep their defaults.
InputOptions input_options(const Json& options);

}  // namespace mlopsctl::data
