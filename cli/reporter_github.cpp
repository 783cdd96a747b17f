#include <fstream>

#include "cli/answer.hpp"
#include "cli/diagnostics.hpp"
#include "cli/github.hpp"
#include "cli/reporters.hpp"
#include "cli/text_width.hpp"
#include "pipeline/base/plural.hpp"

namespace mlopsctl::cli {

namespace {

// Stages may run side by side and groups cannot nest, so a stage's group is written when it has ended.
class GithubReporter final : public engine::Reporter {
 public:
  GithubReporter(Output& err, const Screen& screen, GithubOptions options) : err_(err), screen_(screen), options_(std::move(options)) {}

  void run_started(const engine::Plan& plan, std::string_view run_id) override {
    err_.write("run " + std::string(run_id) + " of " + plan.pipeline + ": " + count_of(plan.stages.size(), "stage") + "\n");
  }
  void waiting_for(std::string_view holder) override { err_.write("waiting for another run of this pipeline (" + std::string(holder) + ")\n"); }
  void stage_started(const engine::PlannedStage& stage, int attempt) override {
    err_.write(stage.name + ": started" + (attempt > 1 ? ", attempt " + std::to_string(attempt) : "") + "\n");
  }
  void stage_progress(std::string_view, double, std::string_view) override {}

  void stage_finished(const engine::StageRun& stage) override {
    std::string text = "::group::" + github::escape_data(stage.name + ": " + std::string(engine::to_string(stage.state)));
    if (stage.seconds > 0 && stage.state != engine::StageState::reused) text += " in " + human_duration(stage.seconds);
    text += "\n";
    for (const auto& reason : stage.reasons) text += "because " + printable(engine::to_string(reason)) + "\n";
    for (const auto& [name, value] : stage.report.metrics) text += name + " " + cell(Json(value), As::text) + "\n";
    for (const auto& artifact : stage.artifacts) text += "wrote " + artifact.name + " " + artifact.digest.str() + "\n";
    if (stage.error) text += render_error(*stage.error, screen_);
    text += "::endgroup::\n";
    if (stage.state != engine::StageState::reused) {
      for (const auto& warning : stage.report.warnings) text += github::warning(stage.name, warning);
    }
    if (stage.error) text += github::annotations(*stage.error, options_.prefix);
    if (stage.report.verdict && stage.report.verdict->outcome == engine::Outcome::fail)
      text += github::warning("verdict of " + stage.name, stage.report.verdict->summary);
    err_.write(text);
  }

  void run_finished(const engine::RunRecord& record) override {
    if (options_.summary_file.empty() || !options_.summary) return;
    std::ofstream file(options_.summary_file, std::ios::app);
    file << options_.summary(record);
    file.flush();
    if (!file) err_.write(github::warning("step summary", "cannot write " + options_.summary_file));
  }

 private:
  Output& err_;
  Screen screen_;
  GithubOptions options_;
};

}  // namespace

std::unique_ptr<engine::Reporter> github_reporter(Output& err, const Screen& screen, GithubOptions options) {
  return std::make_unique<GithubReporter>(err, screen, std::move(options));
}

}  // namespace mlopsctl::cli
