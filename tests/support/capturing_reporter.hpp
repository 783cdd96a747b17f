// A Reporter that keeps what it is told, as lines that a test can compare.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pipeline/engine/reporter.hpp"

namespace mlopsctl::testing {

class CapturingReporter final : public engine::Reporter {
 public:
  void run_started(const engine::Plan& plan, std::string_view) override { lines.push_back("run " + plan.pipeline); }
  void waiting_for(std::string_view holder) override { lines.push_back("waiting for " + std::string(holder)); }
  void stage_started(const engine::PlannedStage& stage, int attempt) override { lines.push_back("start " + stage.name + " " + std::to_string(attempt)); }
  void stage_progress(std::string_view stage, double, std::string_view what) override { progress.push_back(std::string(stage) + ": " + std::string(what)); }
  void stage_finished(const engine::StageRun& stage) override {
    lines.push_back(stage.name + " " + std::string(to_string(stage.state)));
    if (on_stage_finished) on_stage_finished(stage);
  }
  void run_finished(const engine::RunRecord& record) override { lines.push_back("run " + std::string(to_string(record.state))); }
  void tick() override {
    if (on_tick) on_tick();
  }

  std::vector<std::string> lines;
  std::vector<std::string> progress;
  std::function<void()> on_tick;
  std::function<void(const engine::StageRun&)> on_stage_finished;
};

}  // namespace mlopsctl::testing
