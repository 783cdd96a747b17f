// calibration full|quick [FILE]
#include <cstdio>
#include <string>

#include "pipeline/base/files.hpp"
#include "tests/calibration/rules.hpp"

int main(int argc, char** argv) {
  using namespace mlopsctl::calibration;
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode != "full" && mode != "quick") return std::fputs("usage: calibration full|quick [FILE]\n", stderr), 2;
  std::string text =
      "# How often the rules are wrong\n\nMade by `build/dev/calibration " + mode + " FILE`; simulated with fixed seeds, so the same again anywhere.\n\n";
  int broken = 0;
  for (const auto& make : {gate_rules, drawn_rules, resampled_rules, drift_rules, power, usual_rules}) {
    const Section section = make(mode == "full");
    text += to_markdown(section);
    std::fputs(to_markdown(section).c_str(), stdout);
    std::fflush(stdout);
    for (const Figure& figure : section.figures) broken += !kept(figure);
  }
  while (text.ends_with("\n\n")) text.pop_back();
  if (argc > 2 && !mlopsctl::write_file(argv[2], text)) return std::fprintf(stderr, "cannot write %s\n", argv[2]), 2;
  if (broken > 0) std::fprintf(stderr, "%d figures are not as stated\n", broken);
  return broken > 0 ? 1 : 0;
}
