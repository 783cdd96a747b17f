// Guard rails for parts of the rows: rows of a label, of a value of the column `group`, of a span of lengths. Pure.
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

namespace mlopsctl::evaluate {

struct SliceRule {
  std::vector<std::string> by;          // "label", "group", "length"
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
// Of each row; `groups` may be empty. Lengths are cut at their quartiles. In rising order of names, lengths last.
std::vector<Slice> slices_of(const std::vector<std::string>& by, const std::vector<std::string>& labels, const std::vector<std::string>& groups,
                             const std::vector<size_t>& lengths);

// `challenger_right`, `champion_right`: 1 where the model named the given label; the champion's may be empty.
std::vector<engine::Check> judge_slices(const SliceRule& rule, const std::vector<Slice>& slices, std::span<const char> challenger_right,
                                        std::span<const char> champion_right);

}  // namespace mlopsctl::evaluate
