// From rows to what families learn from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stages/ml_api.hpp"

namespace mlopsctl::train {

// The labels that occur in the rows, sorted. Unlabelled rows and fewer than two labels are errors. `origin` is what messages call the rows.
Result<std::vector<std::string>> labels_of(const data::Rows& rows, const std::string& origin);

// The rows' cleaned texts with indices into `labels`. Unlabelled rows and labels that are not among them are errors that count them.
Result<ml::Examples> examples_of(const data::Rows& rows, const std::vector<std::string>& labels, const std::string& origin);

// A seeded tenth of the examples (at most 10,000) held out, the same share of every label. Nothing when there are too few: fewer than 100,
// or a label with fewer than 10.
struct HeldOut {
  ml::Examples rest, held_out;
};
std::optional<HeldOut> hold_out(const ml::Examples& examples, size_t labels, uint64_t seed);

}  // namespace mlopsctl::train
