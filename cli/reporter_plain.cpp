#include <map>

#include "cli/diagnostics.hpp"
#include "cli/live_table.hpp"
#include "cli/reporters.hpp"
#include "cli/text_width.hpp"
#include "pipeline/base/plural.hpp"

namespace mlopsctl::cli {

namespace {

constexpr auto progress_every = std::chrono::seconds(10);

class PlainReporter final : public engine::Reporter {
 public:
  PlainReporter(Output& err, const Screen& screen, const Clock& clock) : err_(err), screen_(screen), clock_(clock) {}

  void run_started(const engine::Plan& plan, std::string_view run_id) override {
    std::string text = "run " + std::string(run_id) + " of " + plan.pipeline + ": " + count_of(plan.stages.size(), "stage");
    if (plan.expected_seconds > 0) text += ", about " + human_duration(plan.expected_seconds);
    say(text);
  }

  void waiting_for(std::string_view holder) override { say("waiting for another run of this pipeline (" + std::string(holder) + ")"); }

  void stage_started(const engine::PlannedStage& stage, int attempt) override {
    std::string text = stage.name + ": started";
    if (attempt > 1) text += ", attempt " + std::to_string(attempt);
    if (!stage.reasons.empty()) text += " (" + engine::to_string(stage.reasons.front()) + ")";
    say(text);
    spoken_[stage.name] = clock_.steady();
  }

  void stage_progress(std::string_view stage, double fraction, std::string_view what) override {
    Instant& last = spoken_[std::string(stage)];
    const Instant now = clock_.steady();
    if (now - last < progress_every) return;
    last = now;
    say(std::string(stage) + ": " + std::to_string(static_cast<int>(fraction * 100)) + " %" + (what.empty() ? "" : ", " + printable(what)));
  }

  void stage_finished(const engine::StageRun& stage) override {
    std::string state(engine::to_string(stage.state));
    if (state == "timed_out") state = "timed out";
    const bool timed = stage.seconds > 0 && stage.state != engine::StageState::reused;
    say(stage.name + ": " + state + (timed ? " after " + human_duration(stage.seconds) : ""));
    if (stage.state != engine::StageState::reused) {
      for (const auto& warning : stage.report.warnings) say("warning: " + stage.name + ": " + printable(warning));
    }
    if (stage.error) err_.write(render_error(*stage.error, screen_));
  }

  void run_finished(const engine::RunRecord&) override {}

 private:
  void say(const std::string& text) { err_.write(text + "\n"); }

  Output& err_;
  Screen screen_;
  const Clock& clock_;
  std::map<std::string, Instant> spoken_;
};

}  // namespace

std::unique_ptr<engine::Reporter> plain_reporter(Output& err, const Screen& screen, const Clock& clock) {
  return std::make_unique<PlainReporter>(err, screen, clock);
}

}  // namespace mlopsctl::cli
