#include <map>

#include "cli/diagnostics.hpp"
#include "cli/reporters.hpp"

namespace mlopsctl::cli {

namespace {

class JsonReporter final : public engine::Reporter {
 public:
  JsonReporter(Output& out, const Clock& clock) : out_(out), clock_(clock) {}

  void run_started(const engine::Plan& plan, std::string_view run_id) override {
    Json stages = Json::array();
    for (const auto& stage : plan.stages) stages.push_back({{"name", stage.name}, {"kind", stage.kind}, {"action", engine::to_string(stage.action)}});
    emit({{"type", "run_started"}, {"run", run_id}, {"pipeline", plan.pipeline}, {"stages", stages}, {"expected_seconds", or_null(plan.expected_seconds)}});
  }

  void waiting_for(std::string_view holder) override { emit({{"type", "waiting"}, {"holder", holder}}); }

  void stage_started(const engine::PlannedStage& stage, int attempt) override {
    Json reasons = Json::array();
    for (const auto& reason : stage.reasons) {
      reasons.push_back({{"what", reason.what}, {"old", or_null(reason.old_value)}, {"new", or_null(reason.new_value)}});
    }
    emit({{"type", "stage_started"},
          {"stage", stage.name},
          {"kind", stage.kind},
          {"attempt", attempt},
          {"reasons", reasons},
          {"expected_seconds", or_null(stage.expected_seconds)}});
  }

  void stage_progress(std::string_view stage, double fraction, std::string_view what) override {
    const int percent = static_cast<int>(fraction * 100);
    auto& last = percents_[std::string(stage)];
    if (last == percent + 1) return;
    last = percent + 1;
    emit({{"type", "stage_progress"}, {"stage", stage}, {"fraction", fraction}, {"what", what}});
  }

  void stage_finished(const engine::StageRun& stage) override {
    emit({{"type", "stage_finished"},
          {"stage", stage.name},
          {"state", engine::to_string(stage.state)},
          {"seconds", stage.seconds},
          {"attempts", stage.attempts},
          {"metrics", stage.report.metrics},
          {"warnings", messages(stage.report.warnings)},
          {"error", stage.error ? error_json(*stage.error) : Json()}});
  }

  void run_finished(const engine::RunRecord&) override {}

 private:
  static Json or_null(double seconds) { return seconds > 0 ? Json(seconds) : Json(); }
  static Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }
  static Json messages(const std::vector<std::string>& texts) {
    Json list = Json::array();
    for (const auto& text : texts) list.push_back({{"message", text}});
    return list;
  }

  void emit(Json event) {
    event["at"] = rfc3339(clock_.now());
    out_.write(canonical(event) + "\n");
    out_.flush();
  }

  Output& out_;
  const Clock& clock_;
  std::map<std::string, int> percents_;  // last one told, plus one
};

}  // namespace

std::unique_ptr<engine::Reporter> json_reporter(Output& out, const Clock& clock) { return std::make_unique<JsonReporter>(out, clock); }

}  // namespace mlopsctl::cli
