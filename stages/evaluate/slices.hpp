// Guard rails for parts of the rows: rows of a label, of a value of a column, of a span of lengths. Pure.
//
// A slice is refused where its rows show that it is below the floor, or that the champion is better there by more than `max_loss`. All these tests share
// one chance of a refusal that is not deserved (Holm). A slice that looks bad on too few rows to show it is a warning.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/engine/verdict.hpp"
#include "pipeline/spec/field.hpp"
#include "stages/evaluate/compare.hpp"
#include "stages/evaluate/judged_rows.hpp"

namespace mlopsctl::evaluate {

struct SliceRule {
  struct Cut {
    std::string what;     // "label", "group", "length", or
    bool column = false;  // the name of a column
  };
  std::vector<Cut> by;
  std::optional<double> min, max_loss;  // of accuracy
  double alpha = 0.05;
  bool any() const { return min || max_loss; }
};
spec::Field slices_field();
SliceRule slice_rule_of(const Json& slices);

struct Slice {
  std::string name;            // "label=positive", "length 1..53"
  std::vector<uint32_t> rows;  // of those judged
};
// Of all rows, input after input; `labels`: the one given to each. Cut by cut, values in rising order, lengths at their quartiles. Errors: a column that
// an input does not keep, with those that it keeps; groups where there are none. Error::field is the path below the stage.
Result<std::vector<Slice>> slices_of(const SliceRule& rule, const std::vector<RowsInput>& inputs, const std::vector<std::string>& labels);

// `challenger_right`, `champion_right`: 1 where the model named the given label; the champion's may be empty.
std::vector<engine::Check> judge_slices(const SliceRule& rule, const std::vector<Slice>& slices, std::span<const char> challenger_right,
                                        std::span<const char> champion_right);

}  // namespace mlopsctl::evaluate
