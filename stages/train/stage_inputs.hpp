// Picking a stage's inputs by type and role; works on what is declared (InputShape) and on what is given (StageInput).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/engine/stage.hpp"

namespace mlopsctl::train {

template <typename Input>
std::vector<const Input*> of_type(const std::vector<Input>& inputs, std::string_view type) {
  std::vector<const Input*> found;
  for (const Input& input : inputs)
    if (input.type == type) found.push_back(&input);
  return found;
}

template <typename Input>
const Input* with_role(const std::vector<const Input*>& inputs, std::string_view role) {
  for (const Input* input : inputs)
    if (input->role == role) return input;
  return nullptr;
}

// "clean.train (rows), fit.model (model)", or "none".
template <typename Input>
std::string listed(const std::vector<Input>& inputs) {
  std::string text;
  for (const Input& input : inputs) text += (text.empty() ? "" : ", ") + input.name + " (" + input.type + ")";
  return text.empty() ? "none" : text;
}

// A fault of the stage as it is written in the pipeline file; `field` is its dotted path below the stage.
inline Error stage_fault(const spec::StageSpec& stage, std::string field, std::string message) {
  Error fault = config_error(std::move(message));
  const auto found = stage.fields.find(field);
  fault.span = found == stage.fields.end() ? stage.span : found->second.span();
  fault.field = "stages." + stage.name + (field.empty() ? "" : "." + field);
  return fault;
}

}  // namespace mlopsctl::train
