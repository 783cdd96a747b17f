// What may have drifted, each as one line of the report. Pure: two profiles in, lines out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/spec/field.hpp"
#include "stages/train/profile.hpp"

namespace mlopsctl::drift {

// The least effect that matters, per signal; 1 switches a signal off.
struct Thresholds {
  double class_mix = 0.1;       // total variation distance of the predicted labels' shares
  double text_length = 0.1;     // Kolmogorov-Smirnov distance of the lengths in characters
  double unknown_share = 0.05;  // difference of the mean shares of tokens the model does not know
  double imbalance = 0.7;       // share of the most frequent predicted label; a rule of its own, without a test
  double alpha = 0.05;          // chance of any false alarm of the three tests together (Holm)
};
spec::Field thresholds_field();
Thresholds thresholds_of(const Json& thresholds, double alpha);

struct Line {
  std::string signal;
  double effect = 0, threshold = 0;
  std::optional<double> statistic, p, adjusted_p;  // nothing for a rule without a test
  std::string test;                                // "chi-square, 2 degrees of freedom"
  // The test alone would have caught any change of at least this size (of effect's kind) with 80 % chance, at the strictest level Holm may ask of it;
  // nothing for a rule. Above the threshold: small changes that matter could have passed unseen.
  std::optional<double> detectable;
  bool alarm = false;  // effect >= threshold and, where there is a test, adjusted p < alpha
  std::string detail;  // one sentence for people
};

// Both profiles are of the same model. Signals that the model has no notion of (unknown_share) or that are switched off are left out.
std::vector<Line> compare(const train::Profile& reference, const train::Profile& current, const Thresholds& thresholds);

Json to_json(const Line& line);

}  // namespace mlopsctl::drift
