// The ways a run tells its story: to people at a terminal, as plain lines, as JSON lines, and inside GitHub Actions.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/env.hpp"
#include "cli/log.hpp"
#include "pipeline/engine/reporter.hpp"

namespace mlopsctl::cli {

// A table redrawn in place; the cursor is hidden while it lives. `screen` is asked at every drawing, so that resizing works.
std::unique_ptr<engine::Reporter> human_reporter(Output& err, std::function<Screen()> screen, const Clock& clock);

// One line per event; progress at most every ten seconds per stage.
std::unique_ptr<engine::Reporter> plain_reporter(Output& err, const Screen& screen, const Clock& clock);

// One object per line: {"type": "run_started" | "waiting" | "stage_started" | "stage_progress" | "stage_finished", "at", ...}.
std::unique_ptr<engine::Reporter> json_reporter(Output& out, const Clock& clock);

// Workflow commands (groups, warnings, errors at file:line:col) on stderr, and a step summary appended to `summary_file`.
struct GithubOptions {
  std::string summary_file;                                      // $GITHUB_STEP_SUMMARY; empty: none
  std::string prefix;                                            // from the repository's root to the working folder, with a final '/'; empty: the same
  std::function<std::string(const engine::RunRecord&)> summary;  // Markdown of a finished run
};
std::unique_ptr<engine::Reporter> github_reporter(Output& err, const Screen& screen, GithubOptions options);

// Passes everything on, and writes it to the diagnostic log.
std::unique_ptr<engine::Reporter> logging_reporter(std::unique_ptr<engine::Reporter> inner, Log& log);

}  // namespace mlopsctl::cli
