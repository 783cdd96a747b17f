// The live picture of a run: a value with the run's state, and the lines that show it. No clock, no terminal.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/terminal.hpp"
#include "pipeline/engine/plan.hpp"
#include "pipeline/engine/run_record.hpp"

namespace mlopsctl::cli {

using Instant = std::chrono::steady_clock::time_point;

struct LiveStage {
  std::string name, kind;
  bool running = false;
  std::optional<engine::StageState> ended;
  Instant started{};
  double seconds = 0;   // once ended
  double fraction = 0;  // 0..1
  std::string what;     // what it is doing
  double expected = 0;  // seconds, from history; 0: unknown
  int attempt = 1;
};

struct LiveRun {
  Instant started{};
  double expected = 0;  // seconds, all together; 0: unknown
  std::vector<LiveStage> stages;

  LiveStage* find(std::string_view name);
  size_t done() const;
};

LiveRun live_run(const engine::Plan& plan, Instant now);

// Seconds a running stage may still take: by history, or once that is used up by its own progress; nothing when nobody knows.
std::optional<double> remaining(const LiveStage& stage, Instant now);

// At most screen.height - 1 lines, each at most screen.width - 1 columns. Where not all stages fit, running ones come first.
std::vector<std::string> live_lines(const LiveRun& run, Instant now, const Screen& screen);

// "[######....]", or with block characters.
std::string progress_bar(double fraction, int width, bool utf8);

}  // namespace mlopsctl::cli
