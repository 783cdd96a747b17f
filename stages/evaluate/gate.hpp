// The gate: which metric must reach what, and what the numbers say to it. Pure.
//
// Floors and ceilings are plain comparisons of what was measured, told with its interval; a calibration error above its ceiling that a perfectly calibrated
// model would show as well is inconclusive. Against the champion a rule makes a claim, and says pass only where the rows show it, fail where they refute
// it, inconclusive where they cannot tell (contest.hpp).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/engine/verdict.hpp"
#include "pipeline/spec/field.hpp"
#include "stages/evaluate/calibration_null.hpp"
#include "stages/evaluate/contest.hpp"
#include "stages/evaluate/metrics.hpp"

namespace mlopsctl::evaluate {

struct Rule {
  std::string metric;
  std::optional<double> min, max;
  bool no_worse = false, better = false;  // than the champion
  double margin = 0;                      // the loss that is too much for no_worse
  double min_gain = 0;                    // the gain that is too little for better
  double alpha = 0.05;
  bool repeated = false;  // see Contest
};

spec::Field gate_field();
// From the canonical value of gate_field(), null for none.
std::vector<Rule> rules_of(const Json& gate);
// Faults in the rules; Error::field is the path below the stage ("gate.accurcy").
std::vector<Error> check_rules(const std::vector<Rule>& rules, bool has_champion);

struct Candidate {
  const Metrics& metrics;
  const std::vector<std::string>& labels;
};
// What has to be drawn again and again, asked for only where a rule needs it; what is not given is left out.
struct Resampling {
  ResampledDifference difference;                // from the champion, of metrics other than accuracy
  ResampledDifference own;                       // the interval of the challenger's metric itself
  std::function<CalibrationNull()> calibration;  // of the challenger
};
// Errors: a per-class metric of a label that is not there; a metric that is undefined on these rows.
Result<engine::Verdict> judge(const std::vector<Rule>& rules, const Candidate& challenger, const std::optional<Candidate>& champion,
                              const std::optional<Comparison>& comparison, const Resampling& resampling = {});

}  // namespace mlopsctl::evaluate
