// How a training went: what it learnt in each step and what the validation rows said after each epoch.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/json.hpp"

namespace mlopsctl::cli::report {

struct Series {
  std::string name;
  std::string css_class;                                         // of the style sheet: series0, series1
  std::vector<std::pair<double, std::optional<double>>> points;  // from left to right; nothing: the line is broken
  bool dots = false;                                             // each point shows, and says its value
};
struct Axes {
  std::string title, description;  // what is measured, as a screen reader says it
  std::string across;              // "step"
  std::string point;               // of a dot: "accuracy after step 4: 0.75"
  std::optional<double> limit;     // a line across the picture
  std::optional<double> mark;      // and one from top to bottom
};
// Empty where no series has a point.
std::string line_chart(const Axes& axes, const std::vector<Series>& series);

// `training` as stages/finetune/curves.hpp gives it; empty where it is null. The best epoch's row is marked.
std::string learning_curves(const Json& training);

}  // namespace mlopsctl::cli::report
