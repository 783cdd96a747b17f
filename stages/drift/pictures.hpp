// What a report draws of a drift check: the distributions that were compared, and what each line could have seen. Pure.
#pragma once

#include <vector>

#include "stages/drift/signals.hpp"

namespace mlopsctl::drift {

// [{"signal": "class_mix", "labels", "before", "now": shares}, {"signal": "text_length" or "confidence", "at": values, "before", "now": the share of the rows
// with at most that value}].
Json distributions_json(const train::Profile& reference, const train::Profile& current);

// [{"signal", "threshold", "points": [[true change, chance of an alarm], ...]}] of the lines that have a test.
Json power_json(const std::vector<Line>& lines, double alpha);

}  // namespace mlopsctl::drift
