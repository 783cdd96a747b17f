#include "cli/reporters.hpp"

#include "pipeline/base/plural.hpp"

namespace mlopsctl::cli {

namespace {

class LoggingReporter final : public engine::Reporter {
 public:
  LoggingReporter(std::unique_ptr<engine::Reporter> inner, Log& log) : inner_(std::move(inner)), log_(log) {}

  void run_started(const engine::Plan& plan, std::string_view run_id) override {
    log_.info("run " + std::string(run_id) + " of " + plan.pipeline + ", " + count_of(plan.stages.size(), "stage"));
    inner_->run_started(plan, run_id);
  }
  void waiting_for(std::string_view holder) override {
    log_.info("waiting for " + std::string(holder));
    inner_->waiting_for(holder);
  }
  void stage_started(const engine::PlannedStage& stage, int attempt) override {
    if (log_.enabled()) log(stage, attempt);
    inner_->stage_started(stage, attempt);
  }
  void stage_progress(std::string_view stage, double fraction, std::string_view what) override { inner_->stage_progress(stage, fraction, what); }
  void stage_finished(const engine::StageRun& stage) override {
    if (log_.enabled()) log(stage);
    inner_->stage_finished(stage);
  }
  void run_finished(const engine::RunRecord& record) override {
    log_.info("run " + record.id + ": " + std::string(engine::to_string(record.state)) + ", " + std::to_string(record.seconds) + " s");
    inner_->run_finished(record);
  }
  void tick() override { inner_->tick(); }

 private:
  void log(const engine::PlannedStage& stage, int attempt) {
    log_.info(stage.name + ": attempt " + std::to_string(attempt) + ", key " + (stage.key ? stage.key->str() : "not known"));
    for (const auto& reason : stage.reasons) log_.debug(stage.name + ": because " + engine::to_string(reason));
  }

  void log(const engine::StageRun& stage) {
    log_.info(stage.name + ": " + std::string(engine::to_string(stage.state)) + ", " + std::to_string(stage.seconds) + " s, peak memory " +
              std::to_string(stage.peak_memory) + " bytes");
    for (const auto& artifact : stage.artifacts) log_.debug(stage.name + ": wrote " + artifact.name + " " + artifact.digest.str());
  }

  std::unique_ptr<engine::Reporter> inner_;
  Log& log_;
};

}  // namespace

std::unique_ptr<engine::Reporter> logging_reporter(std::unique_ptr<engine::Reporter> inner, Log& log) {
  return std::make_unique<LoggingReporter>(std::move(inner), log);
}

}  // namespace mlopsctl::cli
