// ${name} in the texts of a pipeline file, from its `vars`.
#pragma once

#include <vector>

#include "pipeline/base/document.hpp"
#include "pipeline/base/error.hpp"

namespace mlopsctl::spec {

// Replaces ${name} in every scalar value below `root` by the value of that key of `vars`; $$ gives $, any other $ stands for itself.
// Faults (unknown variable, unclosed brace, a variable that refers to a variable) are appended; what they concern stays as it is.
void expand_variables(Node& root, std::vector<Error>& errors);

}  // namespace mlopsctl::spec
