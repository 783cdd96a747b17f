// The gate: which metric must reach what, and what the numbers say to it. Pure.
//
// Today every rule is a plain comparison of measured numbers. One exception: an accuracy below the champion's by more than the margin is
// `inconclusive` instead of `fail` when McNemar's exact one-sided p is at least alpha, that is, when two equally good models would show
// such a difference on these rows often enough. The gate with stated error rates for every rule will take the place of judge_rule().
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/engine/verdict.hpp"
#include "pipeline/spec/field.hpp"
#include "stages/evaluate/compare.hpp"
#include "stages/evaluate/metrics.hpp"

namespace mlopsctl::evaluate {

struct Rule {
  std::string metric;
  std::optional<double> min, max;
  bool against_champion = false;
  double margin = 0;
  double alpha = 0.05;
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
// Errors: a per-class metric of a label that is not there; a metric that is undefined on these rows.
Result<engine::Verdict> judge(const std::vector<Rule>& rules, const Candidate& challenger, const std::optional<Candidate>& champion,
                              const std::optional<Comparison>& comparison);

}  // namespace mlopsctl::evaluate
