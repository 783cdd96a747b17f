// All about one drift check or gate: what it compared, what it decided and by which error rates, what it could have seen, and how it went before. As a page of
// its own, as JSON beside it, and as Markdown.
#pragma once

#include <string>
#include <vector>

#include "pipeline/engine/run_record.hpp"

namespace mlopsctl::cli::report {

struct Past {
  std::string run, started;  // RFC 3339
  engine::Verdict verdict;
};
// A stage that has a verdict, and how the stage of this name was decided in runs of the same pipeline up to `record`.
struct Judged {
  const engine::RunRecord& record;
  const engine::StageRun& stage;
  std::vector<Past> past;  // the oldest first; the last one is `record`
};

std::string stage_page(const Judged& judged);
Json stage_json(const Judged& judged);
std::string stage_markdown(const Judged& judged);

}  // namespace mlopsctl::cli::report
