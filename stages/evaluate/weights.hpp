// Rows that stand for others (data::Rows::weight), as `mlopsctl label import` makes them: drawn from many with known chances, each weighs the inverse of
// its own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "stages/evaluate/judged_rows.hpp"

namespace mlopsctl::evaluate {

bool any_weights(const std::vector<RowsInput>& inputs);
// All weights together, as they are written.
double stood_for(const std::vector<RowsInput>& inputs);

// What each row counts for, input after input; nothing where no input has weights. Each input's are scaled so that they add up to as many rows drawn evenly
// as tell as much of the difference: rows on which `differ` says that the two models name different labels count once where their weights are alike.
// That holds of rows that were drawn for these two models. Of others, rows of the few heavy ones may differ, too, though none of those labelled does: all
// rows of such an input count by what they tell of a share of all (Kish 1965), which is less.
// So inputs that were drawn otherwise go together, each by what it is good for, and one without weights counts as ever. Empty `differ`: one model.
std::vector<double> row_weights(const std::vector<RowsInput>& inputs, std::span<const char> differ);

// Inputs of several weights that were not drawn for two models that differ so: rows of one and the same weight differ and do not.
std::vector<std::string> drawn_for_others(const std::vector<RowsInput>& inputs, std::span<const char> differ);

// How many rows of an input with weights have a text that an earlier one has, too: rows drawn twice would count twice.
int64_t drawn_twice(const std::vector<RowsInput>& inputs);

// The share of right rows by their weights, and how many rows drawn evenly tell as much of it (Kish 1965).
void weigh(Judged& judged, std::span<const double> weights);

}  // namespace mlopsctl::evaluate
