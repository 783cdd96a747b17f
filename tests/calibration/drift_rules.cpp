#include <algorithm>

#include "stages/drift/signals.hpp"
#include "tests/calibration/rules.hpp"
#include "tests/calibration/simulate.hpp"

namespace mlopsctl::calibration {
namespace {

// p alone decides.
drift::Thresholds bare() {
  drift::Thresholds thresholds;
  thresholds.class_mix = thresholds.text_length = thresholds.unknown_share = 0;
  return thresholds;
}

bool alarms(const std::vector<drift::Line>& lines, const std::string& signal) {
  return std::any_of(lines.begin(), lines.end(), [&](const drift::Line& line) { return line.alarm && (signal.empty() || line.signal == signal); });
}
bool significant(const std::vector<drift::Line>& lines, const std::string& signal, double alpha) {
  return std::any_of(lines.begin(), lines.end(), [&](const drift::Line& line) { return line.signal == signal && line.p && *line.p <= alpha; });
}

}  // namespace

Section drift_rules(bool full) {
  Section section{"Drift, nothing changed",
                  "A profile of 2,000 rows (or as many as the window, where that has more) against a window of the same kind. Lines of one test: its p at "
                  "most 0.05. The report: any alarm of all its tests together, first by p alone, then as it comes, with its thresholds.",
                  {}};
  uint64_t seed = 1001;
  const std::vector<int64_t> sizes = full ? std::vector<int64_t>{50, 100, 200, 500, 1000, 2000, 5000, 20'000} : std::vector<int64_t>{50, 1000};
  for (const int64_t rows : sizes) {
    for (const int classes : full ? std::vector<int>{2, 3, 5, 20, 50} : std::vector<int>{2, 20}) {
      for (const bool skewed : {false, true}) {
        World world{skewed ? zipf(classes) : even(classes)};
        const std::string setting = skewed ? "shares as 1/k" : "even shares";
        const int trials = !full ? 60 : rows > 2000 ? 500 : 1500;
        const int64_t reference = std::max<int64_t>(2000, rows);
        const auto report = [&](Random& random, const drift::Thresholds& thresholds) {
          return drift::compare(window(random, world, reference), window(random, world, rows), thresholds);
        };
        const auto add = [&](std::string rule, Promise promise, const std::function<bool(Random&)>& trial) {
          section.figures.push_back({std::move(rule), setting, rows, classes, promise, 0.05, trials, count_trials(trials, seed++, trial)});
        };
        add("class_mix, p", Promise::at_most, [&](Random& random) { return significant(report(random, bare()), "class_mix", 0.05); });
        if (skewed || classes != 5) continue;
        add("text_length, p", Promise::at_most, [&](Random& random) { return significant(report(random, bare()), "text_length", 0.05); });
        add("unknown_share, p", Promise::at_most, [&](Random& random) { return significant(report(random, bare()), "unknown_share", 0.05); });
        add("report, p alone", Promise::at_most, [&](Random& random) { return alarms(report(random, bare()), ""); });
        add("report, as it comes", Promise::at_most, [&](Random& random) { return alarms(report(random, {}), ""); });
      }
    }
  }
  return section;
}

}  // namespace mlopsctl::calibration
