#include "stages/drift/drift_stage.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/files.hpp"
#include "stages/drift/pictures.hpp"
#include "stages/drift/self_test.hpp"
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
  return {
      "drift-check",
      "Compares a window of rows with an earlier one, or with the profile kept in the model, as the model sees them.",
      {
          with_default("on_drift", choice({"warn", "fail"}), "warn", "What an alarm does: a warning, or a verdict that stops what depends on it."),
          with_default("alpha", number(1e-6, 0.5, "0.05"), 0.05, "The error rate that all tests of one check share, see budget."),
          with_default("budget", choice({"any_false_alarm", "share_of_false_alarms"}), "any_false_alarm",
                       "What alpha bounds: the chance of any false alarm in a check (Holm), or the share of false ones among the alarms (Benjamini-Hochberg)."),
          thresholds_field(),
      }};
}

class DriftStage final : public engine::Stage {
 public:
  const spec::StageKindSpec& spec() const override { return spec_; }
  int version() const override { return 7; }

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

// A window as the model sees it; `texts` belong to it.
struct Window {
  std::unique_ptr<data::Rows> rows;
  std::unique_ptr<std::vector<std::string>> storage;
  Seen seen;
  train::Profile profile;
};

Result<Window> measure(const ml::Model& model, const StageInput& input, const CancelToken& cancel) {
  TRY_ASSIGN(auto rows, data::Rows::load(input.path));
  if (rows.size() == 0) return stage_error(input.origin + " has no rows; drift needs a window with at least one");
  Window window{std::make_unique<data::Rows>(std::move(rows)), std::make_unique<std::vector<std::string>>(), {}, {}};
  Seen& seen = window.seen;
  seen.labels = model.labels();
  seen.texts = model.clean(*window.rows, *window.storage);
  TRY_ASSIGN(seen.probabilities, model.score_clean(seen.texts, cancel, &seen.unknown));
  std::vector<int> index;  // of the rows' labels among the model's
  for (const std::string& label : window.rows->info().labels) {
    const auto found = std::find(seen.labels.begin(), seen.labels.end(), label);
    index.push_back(found == seen.labels.end() ? -1 : static_cast<int>(found - seen.labels.begin()));
  }
  for (size_t i = 0; i < window.rows->size(); ++i) seen.given.push_back(window.rows->label(i) < 0 ? -1 : index[static_cast<size_t>(window.rows->label(i))]);
  TRY_ASSIGN(auto content, train::kept_content_of(model.classifier(), seen.texts, cancel));
  window.profile = train::measure_profile(input.origin, seen.labels, seen.texts, seen.probabilities, seen.unknown, seen.given, std::move(content));
  return window;
}

// The earlier window as the model sees it. Without one, or where it is what the model was trained on (its words are all known and its
// predictions flattered), the profile of unseen rows that the model carries.
Result<train::Profile> reference_profile(const ml::Model& model, const StageInput* earlier, StageContext& context) {
  const Json& description = model.description();
  const bool learned = earlier != nullptr && description.value("trained_on", Json::object()).value("digest", Json()) == earlier->digest.str();
  if (earlier != nullptr && !learned) {
    context.progress(0.5, "scoring " + earlier->origin);
    TRY_ASSIGN(auto window, measure(model, *earlier, context.cancel()));
    return std::move(window.profile);
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
    rows.push_back({line.signal, json["statistic"], json["p"], json["adjusted_p"], line.effect, line.threshold, json["detectable"], line.false_alarm,
                    line.alarm, line.detail});
  }
  return {{"title", "Drift"},
          {"columns", {"signal", "statistic", "p", "adjusted p", "effect", "threshold", "80 % seen from", "false alarms", "alarm", "in words"}},
          {"rows", std::move(rows)}};
}

Json tables(const std::vector<Line>& lines, const std::optional<Outlook>& ahead, const std::vector<std::string>& labels) {
  Json all = {table(lines)};
  if (!ahead) return all;
  Json rows = Json::array();
  const Json told = to_json(*ahead, labels);
  for (const Json& each : told["label_shares"]) rows.push_back({each["label"], each["bbse"], each["interval_95"][0], each["interval_95"][1], each["mlls"]});
  all.push_back({{"title", "Labels, as they seem to be"}, {"columns", {"label", "share (BBSE)", "from", "to", "share (MLLS)"}}, {"rows", std::move(rows)}});
  return all;
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
  TRY_ASSIGN(const Window window, measure(model, *windows.back(), context.cancel()));
  const train::Profile& current = window.profile;
  const StageInput* earlier = windows.size() == 2 ? windows.front() : nullptr;
  TRY_ASSIGN(const auto reference, reference_profile(model, earlier, context));

  const Json& params = context.params();
  stats::LabelShiftOptions shift;
  shift.seed = context.seed();
  const std::optional<Outlook> ahead = outlook(reference, current, window.seen.probabilities, shift);
  const std::vector<Line> lines =
      compare(reference, current, thresholds_of(params["thresholds"], params["alpha"].get<double>(), params["budget"] == "share_of_false_alarms"), ahead);
  engine::StageReport& report = context.report();
  report.verdict = verdict_of(lines, params["on_drift"] == "fail");
  report.summary = {{"tables", tables(lines, ahead, reference.labels)},
                    {"distributions", distributions_json(reference, current)},
                    {"power", power_json(lines, params["alpha"].get<double>())},
                    {"without_labels", ahead ? to_json(*ahead, reference.labels) : Json()},
                    {"reference", {{"source", reference.source}, {"rows", reference.rows}}},
                    {"current", {{"source", current.source}, {"rows", current.rows}}}};
  report.metrics["rows"] = static_cast<double>(current.rows);
  Json all = Json::array();
  for (const Line& line : lines) {
    report.metrics[line.signal] = line.effect;
    if (line.alarm) report.warnings.push_back(line.signal + ": " + line.detail);
    all.push_back(to_json(line));
  }
  const Json json = {{"format", "mlopsctl-drift-1"},
                     {"reference", train::to_json(reference)},
                     {"current", train::to_json(current)},
                     {"signals", std::move(all)},
                     {"alpha", params["alpha"]},
                     {"budget", params["budget"]},
                     {"without_labels", report.summary["without_labels"]},
                     {"verdict", engine::to_json(*report.verdict)}};
  return write_file(context.output("drift"), pretty(json));
}

}  // namespace

std::unique_ptr<engine::Stage> make_drift_stage() { return std::make_unique<DriftStage>(); }

}  // namespace mlopsctl::drift
