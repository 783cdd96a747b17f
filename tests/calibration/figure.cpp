#include "tests/calibration/figure.hpp"

#include <cmath>
#include <cstdio>

#include "pipeline/stats/proportion.hpp"

namespace mlopsctl::calibration {

int most_alarms(double stated, int trials) {
  int most = static_cast<int>(stated * trials);
  while (stats::binomial_at_most(most, trials, stated) < 0.999) ++most;
  return most;
}

bool kept(const Figure& figure) {
  switch (figure.promise) {
    case Promise::at_most:
      return figure.alarms <= most_alarms(figure.stated, figure.trials);
    case Promise::near:
      return std::abs(figure.measured() - figure.stated) <= 0.03;
    case Promise::known:
      return std::abs(figure.measured() - figure.stated) <= 0.05;
    case Promise::none:
      return true;
  }
  return false;
}

std::string to_markdown(const Section& section) {
  std::string text = "## " + section.title + "\n\n" + section.note + "\n\n| rule | setting | rows | classes | stated | allowed | measured | trials | |\n";
  text += "|---|---|---|---|---|---|---|---|---|\n";
  for (const Figure& figure : section.figures) {
    char stated[32] = "", allowed[48] = "", measured[32];
    if (figure.promise != Promise::none) std::snprintf(stated, sizeof stated, "%.4g", figure.stated);
    if (figure.promise == Promise::at_most)
      std::snprintf(allowed, sizeof allowed, "<= %.4f", static_cast<double>(most_alarms(figure.stated, figure.trials)) / figure.trials);
    if (figure.promise == Promise::near) std::snprintf(allowed, sizeof allowed, "+- 0.03");
    if (figure.promise == Promise::known) std::snprintf(allowed, sizeof allowed, "+- 0.05");
    std::snprintf(measured, sizeof measured, "%.4f", figure.measured());
    text += "| " + figure.rule + " | " + figure.setting + " | " + std::to_string(figure.rows) + " | " +
            (figure.classes > 0 ? std::to_string(figure.classes) : "") + " | " + stated + " | " + allowed + " | " + measured + " | " +
            std::to_string(figure.trials) + " | " +
            (figure.promise == Promise::none ? ""
             : kept(figure)                  ? "kept"
                                             : "BROKEN") +
            " |\n";
  }
  return text + "\n";
}

}  // namespace mlopsctl::calibration
