#include "stages/drift/drift_stage.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/files.hpp"
#include "stages/drift/signals.hpp"
#include "stages/ml_api.hpp"
#include "stages/train/stage_inputs.hpp"

namespace mlopsctl::drift {
namespace {

using engine::InputShape;
using engine::OutputDecl;
using engine::StageContext;
using engine::StageInput;

spec::StageKindSpec make_spec() {
  using spec::choice, spec::number, spec::with_default;
  return {"drift-check",
          "Compares a window of rows with an earlier one, or with the profile kept in the model, as the model sees them.",
          {
              with_default("on_drift", choice({"warn", "fail"}), "warn", "What an alarm does: a warning, or a verdict that stops what depends on it."),
              with_default("alpha", number(1e-6, 0.5, "0.05"), 0.05, "Chance of any false alarm of all tests of one check together."),
              thresholds_field(),
          }};
}

class DriftStage final : public engine::Stage {
 public:
  const spec::StageKindSpec& spec() const override { return spec_; }
  int version() const override { return 4; }

  Result<std::vector<OutputDecl>> outputs(const spec::StageSpec& stage, const std::vector<InputShape>& inputs) const override {
    const size_t models = train::of_type(inputs, "model").size(), rows = train::of_type(inputs, "rows").size();
    std::vector<Error> faults;
    if (models != 1)
      faults.push_back(
          train::stage_fault(stage, "inputs", "drift-check needs one model, it has " + std::to_string(models) + "; its inputs: " + train::listed(inputs))
              .with_hint("name one train stage: inputs: [fit, clean.test]"));
    if (rows < 1 || rows > 2)
      faults.push_back(train::stage_fault(stage, "inputs",
                                          "drift-check needs one window of rows, or two (the earlier first), it has " + std::to_string(rows) +
                                              "; its inputs: " + train::listed(inputs))
                           .with_hint("name single outputs of preprocess: inputs: [fit, clean.train, clean.test]"));
    if (faults.empty()) return std::vector<OutputDecl>{{"drift", "drift"}};
    Error all = std::move(faults.front());
    all.also.assign(std::make_move_iterator(faults.begin() + 1), std::make_move_iterator(faults.end()));
    return all;
  }

  Status run(StageContext& context) const override;

 private:
  spec::StageKindSpec spec_ = make_spec();
};

Result<train::Profile> measure(const ml::Model& model, const StageInput& input, const CancelToken& cancel) {
  TRY_ASSIGN(const auto rows, data::Rows::load(input.path));
  if (rows.size() == 0) return stage_error(input.origin + " has no rows; drift needs a window with at least one");
  std::vector<std::string> storage;
  const std::vector<std::string_view> texts = model.clean(rows, storage);
  std::vector<float> unknown;
  TRY_ASSIGN(const auto probabilities, model.score_clean(texts, cancel, &unknown));
  return train::measure_profile(input.origin, model.labels(), texts, probabilities, unknown, {});
}

// The earlier window as the model sees it. Without one, or where it is what the model was trained on (its words are all known and its
// predictions flattered), the profile of unseen rows that the model carries.
Result<train::Profile> reference_profile(const ml::Model& model, const StageInput* earlier, StageContext& context) {
  const Json& description = model.description();
  const bool learned = earlier != nullptr && description.value("trained_on", Json::object()).value("digest", Json()) == earlier->digest.str();
  if (earlier != nullptr && !learned) {
    context.progress(0.5, "scoring " + earlier->origin);
    return measure(model, *earlier, context.cancel());
  }
  auto stored = train::profile_from_json(description["profile"]);
  if (!stored) return std::move(stored).error().note("while reading the profile of the model " + model.origin());
  stored->source = "the profile in " + model.origin() + " (" + stored->source + ")" + (learned ? ", because the model was trained on " + earlier->origin : "");
  return stored;
}

Json table(const std::vector<Line>& lines) {
  Json rows = Json::array();
  for (const Line& line : lines) {
    const Json json = to_json(line);
    rows.push_back({line.signal, json["statistic"], json["p"], json["adjusted_p"], line.effect, line.threshold, json["detectable"], line.alarm, line.detail});
  }
  return {{"title", "Drift"},
          {"columns", {"signal", "statistic", "p", "adjusted p", "effect", "threshold", "80 % seen from", "alarm", "in words"}},
          {"rows", std::move(rows)}};
}

engine::Verdict verdict_of(const std::vector<Line>& lines, bool fail) {
  engine::Verdict verdict;
  std::string alarms;
  for (const Line& line : lines) {
    engine::Check check;
    check.name = line.signal;
    check.outcome = !line.alarm ? engine::Outcome::pass : fail ? engine::Outcome::fail : engine::Outcome::warn;
    check.measured = line.effect;
    check.threshold = line.threshold;
    check.detail = line.detail;
    verdict.checks.push_back(std::move(check));
    if (line.alarm) alarms += (alarms.empty() ? "" : ", ") + line.signal;
  }
  verdict.outcome = engine::worst(verdict.checks);
  verdict.summary =
      alarms.empty() ? "no drift in " + std::to_string(lines.size()) + " signals" : "drift in " + alarms + (fail ? "" : ", only a warning (on_drift: warn)");
  return verdict;
}

Status DriftStage::run(StageContext& context) const {
  const StageInput& model_input = *train::of_type(context.inputs(), "model").front();
  const auto windows = train::of_type(context.inputs(), "rows");
  context.progress(0, "loading " + model_input.origin);
  TRY_ASSIGN(const auto model, ml::Model::load(model_input.path, model_input.origin));
  context.progress(0.2, "scoring " + windows.back()->origin);
  TRY_ASSIGN(const auto current, measure(model, *windows.back(), context.cancel()));
  const StageInput* earlier = windows.size() == 2 ? windows.front() : nullptr;
  TRY_ASSIGN(const auto reference, reference_profile(model, earlier, context));

  const Json& params = context.params();
  const std::vector<Line> lines = compare(reference, current, thresholds_of(params["thresholds"], params["alpha"].get<double>()));
  engine::StageReport& report = context.report();
  report.verdict = verdict_of(lines, params["on_drift"] == "fail");
  report.summary = {{"tables", {table(lines)}},
                    {"reference", {{"source", reference.source}, {"rows", reference.rows}}},
                    {"current", {{"source", current.source}, {"rows", current.rows}}}};
  report.metrics["rows"] = static_cast<double>(current.rows);
  Json all = Json::array();
  for (const Line& line : lines) {
    report.metrics[line.signal] = line.effect;
    if (line.alarm) report.warnings.push_back(line.signal + ": " + line.detail);
    all.push_back(to_json(line));
  }
  const Json json = {{"format", "mlopsctl-drift-1"},       {"reference", train::to_json(reference)},
                     {"current", train::to_json(current)}, {"signals", std::move(all)},
                     {"alpha", params["alpha"]},           {"verdict", engine::to_json(*report.verdict)}};
  return write_file(context.output("drift"), pretty(json));
}

}  // namespace

std::unique_ptr<engine::Stage> make_drift_stage() { return std::make_unique<DriftStage>(); }

}  // namespace mlopsctl::drift
