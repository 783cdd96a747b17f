// Whether a new model does as well as the one that it replaces: a pure function of what both have counted.
//
// Each measure compares an interval with what is allowed: it fails when all of the interval is beyond, passes when none of it is, and is
// inconclusive in between: too few requests are neither good nor bad. As the counts are looked at again and again while they grow, the intervals
// are wide (99.9 %).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/k8s/rollout/counts.hpp"
#include "pipeline/k8s/rollout/prometheus.hpp"

namespace mlopsctl::k8s {

// What is allowed. A champion that surely does worse itself raises what is allowed to what it does.
struct Gates {
  double error_rate = 0.01;                   // share of requests answered with a 5xx
  double p99_seconds = 1;                     // 99 of 100 requests are answered within; told by the next bound of the histogram
  double class_mix = 0.1;                     // total variation distance between the labels that the two name
  bool traffic = true;                        // false: no requests are expected, pods that are available are enough
  int64_t watch = 30;                         // seconds that a step is watched at least
  int64_t start = 300;                        // seconds without any progress after which pods are too slow
  int64_t patience = 900;                     // seconds after which an inconclusive step is paused
  std::optional<Prometheus> prometheus = {};  // where counts are read from; nothing: the pods are asked
  bool operator==(const Gates&) const = default;
};
Json to_json(const Gates& gates);
// Members that are missing keep what `gates` has.
Gates read_gates(const Json& json, Gates gates = {});

struct Verdict {
  enum class Outcome { pass, fail, inconclusive };
  struct Measure {
    Outcome outcome = Outcome::inconclusive;
    std::string text;  // "12 errors in 1000 requests (0.6 to 2.4 %), 1 % allowed"
  };
  Outcome outcome = Outcome::inconclusive;
  std::vector<Measure> measures;
  // What decided: of a pass all measures, else those that did not pass.
  std::string text() const;
};

Verdict judge(const Evidence& evidence, const Gates& gates);

}  // namespace mlopsctl::k8s
