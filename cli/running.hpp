// A pipeline run as people and scripts see it: told while it happens, decisions on record, releases linked, alerts told, the page written.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/session.hpp"

namespace mlopsctl::cli {

struct RunWishes {
  engine::RunOptions options;
  std::optional<std::string> override_reason;  // release past a verdict that says no, on record
  bool page = true;                            // write the HTML report
};
// `checked` must be the session's. With --json the answer is the last of a stream of events.
Result<Answer> run_and_tell(Session& session, engine::Store& store, CheckedPipeline& checked, RunWishes wishes);

// For whoever listens: JSON lines, GitHub's annotations, a live table or plain lines.
std::unique_ptr<engine::Reporter> reporter_for(Session& session, engine::Store& store);

}  // namespace mlopsctl::cli
