// Verdict: pass, fail or inconclusive, with the measurements it came from. "Inconclusive" (too few rows to say) is not an error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"

namespace mlopsctl::engine {

// `warn` is for checks alone: an alarm that was asked not to stop anything. A verdict is never `warn`.
enum class Outcome { pass, warn, fail, inconclusive };

struct Check {
  std::string name;  // "accuracy >= 0.83"
  Outcome outcome = Outcome::pass;
  double measured = 0;
  std::optional<double> threshold;
  std::string detail;  // one sentence for people
  Json evidence{};     // of a check that is a test: test, interval, confidence, p, alpha, rows, power, more_rows; null: a plain comparison
};

struct Verdict {
  Outcome outcome = Outcome::pass;
  std::string summary;  // one sentence: "challenger 0.871, champion 0.863, floor 0.83"
  std::vector<Check> checks;
};

// The worst of its checks: any fail -> fail, else any inconclusive -> inconclusive, else pass.
Outcome worst(const std::vector<Check>& checks);
std::string_view to_string(Outcome outcome);
Json to_json(const Verdict& verdict);
Result<Verdict> verdict_from_json(const Json& json);

}  // namespace mlopsctl::engine
