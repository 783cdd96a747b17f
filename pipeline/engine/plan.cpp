#include "pipeline/engine/plan.hpp"

#include <algorithm>

#include "pipeline/engine/plan_json.hpp"

namespace mlopsctl::engine {

namespace {

// Digests are shortened for people; anything long is cut.
std::string shown(const std::string& value) {
  if (const auto digest = Digest::parse(value)) return digest->brief();
  constexpr size_t most = 120;
  return value.size() <= most ? as_written(value) : value.substr(0, most) + "...";
}

}  // namespace

std::string as_written(const std::string& value) {
  if (!value.ends_with(".0") || value.size() < 3) return value;
  const std::string whole = value.substr(0, value.size() - 2);
  return whole.find_first_not_of("-0123456789") == std::string::npos ? whole : value;
}

bool Plan::nothing_to_do() const {
  return std::all_of(stages.begin(), stages.end(), [](const PlannedStage& s) { return s.action == Action::reuse || s.action == Action::blocked; });
}

std::string_view to_string(Action action) {
  switch (action) {
    case Action::run:
      return "run";
    case Action::reuse:
      return "reuse";
    case Action::pending:
      return "pending";
    case Action::blocked:
      return "blocked";
  }
  return "run";
}

std::string to_string(const Reason& reason) {
  if (reason.old_value.empty() && reason.new_value.empty()) return reason.what;
  if (reason.old_value.empty()) return reason.what + " is new: " + shown(reason.new_value);
  if (reason.new_value.empty()) return reason.what + " is gone, was " + shown(reason.old_value);
  return reason.what + " changed " + shown(reason.old_value) + " -> " + shown(reason.new_value);
}

Json to_json(const Plan& plan) {
  const auto seconds = [](double value) { return value > 0 ? Json(value) : Json(); };
  Json stages = Json::array();
  for (const auto& stage : plan.stages) {
    Json outputs = Json::array();
    for (const auto& output : stage.outputs) outputs.push_back({{"name", output.name}, {"type", output.type}});
    stages.push_back({{"name", stage.name},
                      {"kind", stage.kind},
                      {"action", to_string(stage.action)},
                      {"reasons", to_json(stage.reasons)},
                      {"key", stage.key ? Json(stage.key->str()) : Json()},
                      {"parts", to_json(stage.parts)},
                      {"outputs", std::move(outputs)},
                      {"artifacts", to_json(stage.artifacts)},
                      {"report", stage.report ? to_json(*stage.report) : Json()},
                      {"expected_seconds", seconds(stage.expected_seconds)}});
  }
  return {{"pipeline", plan.pipeline},
          {"nothing_to_do", plan.nothing_to_do()},
          {"expected_seconds", seconds(plan.expected_seconds)},
          {"stages", std::move(stages)}};
}

}  // namespace mlopsctl::engine
