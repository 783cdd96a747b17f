#include "cli/diagnostics.hpp"
#include "cli/live_table.hpp"
#include "cli/reporters.hpp"
#include "cli/signals.hpp"
#include "cli/text_width.hpp"

namespace mlopsctl::cli {

namespace {

class HumanReporter final : public engine::Reporter {
 public:
  HumanReporter(Output& err, std::function<Screen()> screen, const Clock& clock) : err_(err), screen_(std::move(screen)), clock_(clock) {}
  ~HumanReporter() override { show_cursor(); }

  void run_started(const engine::Plan& plan, std::string_view run_id) override {
    run_ = live_run(plan, clock_.steady());
    write_above(screen_().paint(Style::dim, "run " + std::string(run_id) + " of " + plan.pipeline));
  }

  void waiting_for(std::string_view holder) override { write_above("waiting for another run of this pipeline (" + std::string(holder) + "); Ctrl-C gives up"); }

  void stage_started(const engine::PlannedStage& planned, int attempt) override {
    LiveStage* stage = run_.find(planned.name);
    if (stage == nullptr) return;
    stage->running = true;
    stage->started = clock_.steady();
    stage->fraction = 0;
    stage->attempt = attempt;
    stage->what.clear();
    hide_cursor();
    draw();
  }

  void stage_progress(std::string_view name, double fraction, std::string_view what) override {
    LiveStage* stage = run_.find(name);
    if (stage == nullptr) return;
    stage->fraction = fraction;
    stage->what = what;
  }

  void stage_finished(const engine::StageRun& finished) override {
    if (LiveStage* stage = run_.find(finished.name)) {
      stage->running = false;
      stage->ended = finished.state;
      stage->seconds = finished.seconds;
    }
    const Screen screen = screen_();
    if (finished.state != engine::StageState::reused) {
      for (const auto& warning : finished.report.warnings)
        write_above(screen.paint(Style::yellow, "warning:") + " " + finished.name + ": " + printable(warning));
    }
    if (finished.error) {
      std::string text = render_error(*finished.error, screen);
      if (text.ends_with("\n")) text.pop_back();
      write_above(text);
    }
    if (!drawn_.empty()) draw();
  }

  void run_finished(const engine::RunRecord& record) override {
    bool worked = false;
    for (const auto& stage : record.stages) worked = worked || stage.state != engine::StageState::reused;
    if (worked) draw();
    drawn_.clear();
    show_cursor();
  }

  void tick() override {
    if (!drawn_.empty()) draw();
  }

 private:
  // Back to the first line of what was drawn; lines that a narrower window has wrapped count as often as they now take.
  std::string to_top(const Screen& screen) const {
    int lines = 0;
    for (const int width : drawn_) lines += 1 + std::max(0, width - 1) / std::max(1, screen.width);
    return lines == 0 ? "" : "\r\x1b[" + std::to_string(lines) + "A\x1b[J";
  }

  void draw() {
    const Screen screen = screen_();
    const auto lines = live_lines(run_, clock_.steady(), screen);
    std::string text = to_top(screen);
    drawn_.clear();
    Screen bare = screen;
    bare.color = false;
    const auto bare_lines = live_lines(run_, clock_.steady(), bare);
    for (size_t i = 0; i < lines.size(); ++i) {
      text += lines[i] + "\n";
      drawn_.push_back(i < bare_lines.size() ? display_width(bare_lines[i]) : 0);
    }
    err_.write(text);
  }

  // A line that stays, above the table.
  void write_above(const std::string& text) {
    const bool redraw = !drawn_.empty();
    std::string out = redraw ? to_top(screen_()) : "";
    out += text + "\n";
    drawn_.clear();
    err_.write(out);
    if (redraw) draw();
  }

  void hide_cursor() {
    if (hidden_) return;
    hidden_ = true;
    restore_cursor_on_kill(true);
    err_.write("\x1b[?25l");
  }

  void show_cursor() {
    if (!hidden_) return;
    hidden_ = false;
    err_.write("\x1b[?25h");
    restore_cursor_on_kill(false);
  }

  Output& err_;
  std::function<Screen()> screen_;
  const Clock& clock_;
  LiveRun run_;
  std::vector<int> drawn_;  // columns of each line on the screen
  bool hidden_ = false;
};

}  // namespace

std::unique_ptr<engine::Reporter> human_reporter(Output& err, std::function<Screen()> screen, const Clock& clock) {
  return std::make_unique<HumanReporter>(err, std::move(screen), clock);
}

}  // namespace mlopsctl::cli
