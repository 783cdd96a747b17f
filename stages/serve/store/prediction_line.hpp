// A prediction as one line of a spool.
#pragma once

#include <string>
#include <string_view>

#include "stages/serve/store/store.hpp"

namespace mlopsctl::serve::store {

std::string to_line(const Prediction& prediction);  // without a line end
Result<Prediction> from_line(std::string_view line);

}  // namespace mlopsctl::serve::store
