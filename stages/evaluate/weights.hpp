// Rows that stand for others (data::Rows::weight), as `mlopsctl label import` makes them: drawn from many with known chances, each weighs the inverse of
// its own.
#pragma once

#include <span>
#include <vector>

#include "stages/evaluate/judged_rows.hpp"

namespace mlopsctl::evaluate {

bool any_weights(const std::vector<RowsInput>& inputs);
// All weights together, as they are written.
double stood_for(const std::vector<RowsInput>& inputs);

// What each row counts for, input after input; nothing where no input has weights. Each input's are scaled so that they add up to as many rows drawn evenly
// as tell as much of the difference: rows on which `differ` says that the two models name different labels count once where their weights are alike.
// So inputs that were drawn otherwise go together, each by what it is good for, and one without weights counts as ever. Empty `differ`: one model.
std::vector<double> row_weights(const std::vector<RowsInput>& inputs, std::span<const char> differ);

// The share of right rows by their weights, and how many rows drawn evenly tell as much of it (Kish 1965).
void weigh(Judged& judged, std::span<const double> weights);

}  // namespace mlopsctl::evaluate
