// One line of progress on a terminal, redrawn in place; elsewhere, for logs, a line every half a minute.
#pragma once

#include <chrono>
#include <string>

#include "cli/output.hpp"
#include "cli/terminal.hpp"
#include "pipeline/base/clock.hpp"

namespace mlopsctl::cli {

class ProgressLine {
 public:
  ProgressLine(Output& err, const Screen& screen, const Clock& clock) : err_(err), screen_(screen), clock_(clock), last_(clock.steady()) {}
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(double fraction, const std::string& text);  // on a terminal at most ten times a second

 private:
  Output& err_;
  Screen screen_;
  const Clock& clock_;
  std::chrono::steady_clock::time_point last_;
  bool drawn_ = false;
};

}  // namespace mlopsctl::cli
