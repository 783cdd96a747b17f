// Behavioural suites (Ribeiro et al. 2020, CheckList): what a model must do with texts made for the purpose. A suite is a table with the columns
//   text, expect     minimum functionality: the label that the text must get
//   transformed      where it is not empty, expect is one of
//     same           invariance: text and transformed get the same label
//     more LABEL     direction: LABEL is at least as probable for transformed as for text; `less LABEL`: at most
//   name             optional: rows of one name are one check
#pragma once

#include <string>
#include <vector>

#include "pipeline/engine/verdict.hpp"
#include "pipeline/spec/field.hpp"
#include "stages/ml_api.hpp"

namespace mlopsctl::evaluate {

struct Expectation {
  enum class Kind { label, same, more, less } kind = Kind::label;
  std::string suite, name, text, transformed;
  int label = 0;     // of the model's; of `same` nothing
  int64_t line = 0;  // in the suite
};

// `options` as of any input: format, encoding, header. Errors: a column is missing; all rows whose expectation says nothing, with their line.
Result<std::vector<Expectation>> read_suite(const std::filesystem::path& path, const Json& options, const std::string& origin,
                                            const std::vector<std::string>& labels);

// One check for each suite and name, in the order in which they occur; its detail tells the first few that do not hold. `min`: the share that must.
Result<std::vector<engine::Check>> judge_behaviour(const std::vector<Expectation>& expectations, const ml::Model& model, double min, const CancelToken& cancel);

}  // namespace mlopsctl::evaluate
