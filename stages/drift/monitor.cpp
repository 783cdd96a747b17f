#include "stages/drift/monitor.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/stats/proportion.hpp"
#include "stages/drift/signals.hpp"

namespace mlopsctl::drift {

Monitor::Monitor(const train::Profile& reference, double change, double run_length) {
  const size_t labels = reference.labels.size();
  const double each = run_length * static_cast<double>(labels + 1);  // so many alarm a first time that much more seldom together
  const auto watch = [&](std::string name, double most, std::optional<size_t> label) {
    if (most + change > 1) return;
    watches_.push_back({std::move(name), most, label, stats::PageHinkley(most, change, each)});
  };
  for (size_t k = 0; k < labels; ++k) watch("share of " + reference.labels[k] + " rises", stats::wilson(reference.predicted[k], reference.rows).high, k);
  // Of values in [0, 1] this mean is off by so much in 1 of 40 cases, at most about.
  const double doubt = 1 - mean_confidence(reference);
  watch("confidence falls", doubt + 2 * std::sqrt(doubt * (1 - doubt) / static_cast<double>(reference.rows)), std::nullopt);
}

void Monitor::add(size_t label, double confidence) {
  for (Watch& watch : watches_) watch.detector.add(watch.label ? (*watch.label == label ? 1 : 0) : 1 - std::clamp(confidence, 0.0, 1.0));
}

bool Monitor::alarmed() const {
  return std::any_of(watches_.begin(), watches_.end(), [](const Watch& watch) { return watch.detector.alarmed(); });
}

}  // namespace mlopsctl::drift
