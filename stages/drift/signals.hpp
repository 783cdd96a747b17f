// What may have drifted, each as one line of the report. Pure: two profiles in, lines out.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/spec/field.hpp"
#include "stages/drift/outlook.hpp"
#include "stages/train/profile.hpp"

namespace mlopsctl::drift {

// The least effect that matters, per signal; 1 switches a signal off.
struct Thresholds {
  double class_mix = 0.1;         // total variation distance of the predicted labels' shares
  double confidence = 0.1;        // Kolmogorov-Smirnov distance of the highest probabilities
  double text_length = 0.1;       // Kolmogorov-Smirnov distance of the lengths in characters
  double unknown_share = 0.05;    // difference of the mean shares of tokens the model does not know
  double content = 0.05;          // distance of the texts' means, in units of their own spread
  double empty_share = 0.05;      // difference of the shares of texts without a word
  double duplicate_share = 0.05;  // difference of the shares of texts that repeat one of the few before them
  double concept_drift = 0.05;    // difference of the accuracies estimated without labels (outlook.hpp)
  double imbalance = 0.7;         // share of the most frequent predicted label; a rule of its own, without a test
  double alpha = 0.05;            // of all tests together: the chance of any false alarm (Holm), or the share of false ones among the alarms
  bool false_discovery = false;   // the latter (Benjamini and Hochberg)
};
spec::Field thresholds_field();
Thresholds thresholds_of(const Json& thresholds, double alpha, bool false_discovery);

struct Line {
  std::string signal;
  double effect = 0, threshold = 0;
  std::optional<double> statistic, p, adjusted_p;  // nothing for a rule without a test
  std::string test;                                // "chi-square, 2 degrees of freedom"
  // The smallest change (of effect's kind) that would have raised this alarm in 80 of 100 cases, whatever its shape: large enough for the test, at the
  // strictest level that the others may leave it, and for the threshold.
  std::optional<double> detectable;
  // The same for other chances than 80 of 100: in (0, 1); nothing for a rule without a test.
  std::function<double(double chance)> seen_from;
  // The chance, at most, that this line alarms when nothing has changed and no other line alarms. Of a rule without a test: where the reference's mix goes on.
  double false_alarm = 0;
  bool alarm = false;  // effect >= threshold and, where there is a test, adjusted p <= alpha
  std::string detail;  // one sentence for people
};

// Both profiles are of the same model. Signals that the model has no notion of (unknown_share), that need labelled reference rows (concept_drift, by
// `outlook`) or that are switched off are left out.
std::vector<Line> compare(const train::Profile& reference, const train::Profile& current, const Thresholds& thresholds,
                          const std::optional<Outlook>& outlook = {});

// Of the middles of the bins.
double mean_confidence(const train::Profile& profile);

Json to_json(const Line& line);

}  // namespace mlopsctl::drift
