// How often is the model right on a window that nobody has labelled? Two estimates that agree as long as only the mix of labels has changed. Pure.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/stats/label_shift.hpp"
#include "stages/train/profile.hpp"

namespace mlopsctl::drift {

struct Outlook {
  double before = 0;            // accuracy on the reference rows
  stats::LabelShift labels;     // by the predicted labels (BBSE): the mix of true ones, and the accuracy that goes with it
  std::vector<double> mixture;  // the mix by maximum likelihood (MLLS)
  // By confidence: the mean probability of the predicted label, each row's probabilities moved to the mix that MLLS finds, and what the model's
  // confidence lacked on the reference rows added.
  double by_confidence = 0, error = 0;
  stats::Interval interval;  // two-sided at 95 %
  double difference_error = 0;
  double p = 1;  // of the two accuracies being as far apart by chance
};

// Nothing where the reference rows had no labels, or the model does not tell some apart. `probabilities`: rows x labels of the window.
std::optional<Outlook> outlook(const train::Profile& reference, const train::Profile& current, std::span<const float> probabilities,
                               const stats::LabelShiftOptions& options = {});

Json to_json(const Outlook& outlook, const std::vector<std::string>& labels);

}  // namespace mlopsctl::drift
