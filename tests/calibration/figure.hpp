// One measured error rate or power, and what it should be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mlopsctl::calibration {

enum class Promise {
  at_most,  // an error rate: not above what 99.9 % of such simulations of a rule with exactly that rate give
  near,     // a power: within 3 points
  known,    // of a usual rule, from the literature or earlier simulations: within 5 points
  none      // shown, not judged
};

struct Figure {
  std::string rule, setting;
  int64_t rows = 0;
  int classes = 0;  // 0: the rule does not look at classes
  Promise promise = Promise::none;
  double stated = 0;
  int trials = 0, alarms = 0;

  double measured() const { return static_cast<double>(alarms) / trials; }
};

// The largest count that is let pass.
int most_alarms(double stated, int trials);
bool kept(const Figure& figure);

struct Section {
  std::string title, note;
  std::vector<Figure> figures;
};
// A Markdown table.
std::string to_markdown(const Section& section);

}  // namespace mlopsctl::calibration
