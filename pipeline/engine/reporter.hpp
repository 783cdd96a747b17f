// Reporter: how a run tells its story while it happens. One implementation per audience (people, scripts, GitHub Actions).
#pragma once

#include <string_view>

#include "pipeline/engine/plan.hpp"
#include "pipeline/engine/run_record.hpp"

namespace mlopsctl::engine {

class Reporter {
 public:
  virtual ~Reporter() = default;
  // The plan may be looked at during the call only.
  virtual void run_started(const Plan& plan, std::string_view run_id) = 0;
  // Another process holds the pipeline; called once when waiting begins.
  virtual void waiting_for(std::string_view holder) = 0;
  virtual void stage_started(const PlannedStage& stage, int attempt) = 0;
  // `what` may end with an estimate of its own, "... left", which is then the one that is shown.
  virtual void stage_progress(std::string_view stage, double fraction, std::string_view what) = 0;
  virtual void stage_finished(const StageRun& stage) = 0;  // whatever its end: reused, blocked and skipped too
  virtual void run_finished(const RunRecord& record) = 0;
  virtual void tick() {}  // about ten times a second while work goes on: redraw
};

}  // namespace mlopsctl::engine
