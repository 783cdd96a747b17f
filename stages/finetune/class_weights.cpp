#include "stages/finetune/class_weights.hpp"

#include <algorithm>

namespace mlopsctl::finetune {
namespace {

Error fault_at(std::string field, std::string message) {
  Error error = config_error(std::move(message));
  error.field = std::move(field);
  return error;
}

Error unknown(const std::string& label, const std::vector<std::string>& labels) {
  std::string known;
  for (const std::string& each : labels) known += (known.empty() ? "" : ", ") + each;
  const auto near = nearest(label, labels);
  return fault_at("optimizer.class_weights." + label, "the label \"" + label + "\" does not occur in training; the labels are " + known)
      .with_hint(near ? "did you mean " + *near + "?" : "remove it");
}

}  // namespace

Result<std::vector<float>> class_weights(const OptimizerOptions& options, const std::vector<std::string>& labels, const std::vector<int>& given) {
  std::vector<float> weights;
  if (options.balanced) {
    for (size_t k = 0; k < labels.size(); ++k) {
      const auto count = static_cast<double>(std::count(given.begin(), given.end(), static_cast<int>(k)));
      weights.push_back(static_cast<float>(static_cast<double>(given.size()) / (static_cast<double>(labels.size()) * std::max(1.0, count))));
    }
    return weights;
  }
  if (options.class_weights.empty()) return weights;
  weights.assign(labels.size(), 1.0F);
  for (const auto& [label, weight] : options.class_weights) {
    const auto found = std::find(labels.begin(), labels.end(), label);
    if (found == labels.end()) return unknown(label, labels);
    weights[static_cast<size_t>(found - labels.begin())] = static_cast<float>(weight);
  }
  if (std::all_of(weights.begin(), weights.end(), [](float weight) { return weight == 0; }))
    return fault_at("optimizer.class_weights", "all weights are 0: nothing would be learnt").with_hint("give at least one label a weight");
  return weights;
}

}  // namespace mlopsctl::finetune
