#include "stages/evaluate/evaluate_stage.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "pipeline/base/files.hpp"
#include "pipeline/base/plural.hpp"
#include "stages/data/faults.hpp"
#include "stages/evaluate/behaviour.hpp"
#include "stages/evaluate/budgets.hpp"
#include "stages/evaluate/evaluation_report.hpp"
#include "stages/evaluate/gate.hpp"
#include "stages/evaluate/resampling.hpp"
#include "stages/evaluate/slices.hpp"
#include "stages/evaluate/weights.hpp"
#include "stages/train/stage_inputs.hpp"

namespace mlopsctl::evaluate {
namespace {

using engine::InputShape;
using engine::OutputDecl;
using engine::StageContext;
using engine::StageInput;

constexpr std::string_view kChampion = "champion";
constexpr int resamples = 1000;

spec::StageKindSpec make_spec() {
  return {"evaluate",
          "Judges a model on labelled rows: metrics, comparison with a champion on the same rows, and a verdict.",
          {
              spec::optional("champion", spec::model(), "The model to beat: a stage, a registered alias, or a path."),
              gate_field(),
              slices_field(),
              budgets_field(),
              spec::with_default("behaviour", spec::number(0, 1, "0.95"), 1.0,
                                 "Share that must hold of each behavioural suite: an outside file among the inputs, with the columns text, expect and, where "
                                 "texts are compared, transformed."),
          }};
}

template <typename Input>
std::vector<const Input*> challengers(const std::vector<Input>& inputs) {
  auto models = train::of_type(inputs, "model");
  std::erase_if(models, [](const Input* each) { return each->name == kChampion; });
  return models;
}

template <typename Input>
const Input* champion(const std::vector<Input>& inputs) {
  for (const Input& input : inputs)
    if (input.name == kChampion) return &input;
  return nullptr;
}

class EvaluateStage final : public engine::Stage {
 public:
  const spec::StageKindSpec& spec() const override { return spec_; }
  int version() const override { return 4; }

  Result<std::vector<OutputDecl>> outputs(const spec::StageSpec& stage, const std::vector<InputShape>& inputs) const override {
    std::vector<Error> faults;
    const size_t models = challengers(inputs).size();
    if (models != 1)
      faults.push_back(
          train::stage_fault(stage, "inputs",
                             std::string("evaluate needs one model to judge, it has ") + (models == 0 ? "none" : std::to_string(models)) +
                                 "; its inputs: " + train::listed(inputs))
              .with_hint(models == 0 ? "add a train stage: inputs: [fit, clean.test]" : "use one evaluate stage per model, or name one as champion"));
    if (train::of_type(inputs, "rows").empty())
      faults.push_back(train::stage_fault(stage, "inputs", "evaluate needs rows to judge on; its inputs: " + train::listed(inputs))
                           .with_hint("add the output of a preprocess stage: inputs: [fit, clean.test]"));
    if (slice_rule_of(stage.params["slices"]).max_loss && champion(inputs) == nullptr)
      faults.push_back(
          train::stage_fault(stage, "slices.max_loss", "there is no champion to compare with").with_hint("name one: champion: <stage, alias or path>"));
    for (Error& fault : check_rules(rules_of(stage.params["gate"]), champion(inputs) != nullptr))
      faults.push_back(train::stage_fault(stage, fault.field, std::move(fault.message)).with_hint(std::move(fault.hint)));
    if (faults.empty()) return std::vector<OutputDecl>{{"evaluation", "evaluation"}, {"model", "model"}};
    return data::together(std::move(faults));
  }

  Status run(StageContext& context) const override;

 private:
  spec::StageKindSpec spec_ = make_spec();
};

struct Contestant {
  ml::Model model;
  Judged judged;
  std::string digest;
};

Result<Contestant> judge_input(const StageInput& input, const std::vector<RowsInput>& rows, const CancelToken& cancel) {
  TRY_ASSIGN(auto model, ml::Model::load(input.path, input.origin));
  TRY_ASSIGN(auto judged, judge_rows(model, rows, cancel));
  return Contestant{std::move(model), std::move(judged), input.digest.str()};
}

// Where rows have weights, all that is not the accuracy or the difference would be of the labelled rows alone, which were not drawn evenly.
Status fit_for_weights(const Json& params) {
  const auto unfit = [](std::string field, const std::string& what) {
    Error fault =
        stage_error(what + " takes no account of weights, and these rows have them").with_hint("judge it on evenly drawn rows, in a stage of its own");
    fault.field = std::move(field);
    return fault;
  };
  for (const Rule& rule : rules_of(params["gate"]))
    if (rule.metric != "accuracy") return unfit("gate." + rule.metric, rule.metric);
    else if (rule.repeated) return unfit("gate.accuracy.repeated", "a comparison that is repeated");
  if (slice_rule_of(params["slices"]).any()) return unfit("slices", "the judgement of slices");
  return {};
}

// Which rows the two name different labels for.
std::vector<char> differing(const Contestant& one, const Contestant& other) {
  std::vector<char> differ;
  for (size_t i = 0; i < one.judged.predicted.size(); ++i)
    differ.push_back(one.model.labels()[static_cast<size_t>(one.judged.predicted[i])] != other.model.labels()[static_cast<size_t>(other.judged.predicted[i])]);
  return differ;
}

void add_metrics(const std::string& prefix, const Metrics& metrics, std::map<std::string, double>& into) {
  for (const MetricName& metric : metric_names())
    if (const double value = metric.value(metrics); std::isfinite(value)) into[prefix + metric.name] = value;
}

void add_checks(std::vector<engine::Check> checks, const std::string& what, engine::Verdict& verdict) {
  if (checks.empty()) return;
  const auto bad = std::count_if(checks.begin(), checks.end(), [](const engine::Check& check) { return check.outcome != engine::Outcome::pass; });
  verdict.summary += "; " + what + ": " +
                     (bad == 0 ? "all " + std::to_string(checks.size()) + " good" : std::to_string(bad) + " of " + std::to_string(checks.size()) + " not good");
  std::move(checks.begin(), checks.end(), std::back_inserter(verdict.checks));
  verdict.outcome = engine::worst(verdict.checks);
}

// Slices, behavioural suites and budgets.
Status judge_further(StageContext& context, const std::vector<RowsInput>& rows, const Contestant& challenger, const Judged* champion, const StageInput& model,
                     engine::Verdict& verdict) {
  const Json& params = context.params();
  const auto& names = challenger.model.labels();
  if (const SliceRule rule = slice_rule_of(params["slices"]); rule.any()) {
    std::vector<std::string> labels;
    for (const int given : challenger.judged.given) labels.push_back(names[static_cast<size_t>(given)]);
    TRY_ASSIGN(const auto slices, slices_of(rule, rows, labels));
    add_checks(judge_slices(rule, slices, challenger.judged.right, champion ? std::span<const char>(champion->right) : std::span<const char>()), "slices",
               verdict);
  }
  for (const StageInput* suite : train::of_type(context.inputs(), "source")) {
    context.progress(0.85, "trying the suite " + suite->origin);
    TRY_ASSIGN(const auto expectations, read_suite(suite->path, suite->options, suite->origin, names));
    TRY_ASSIGN(auto checks, judge_behaviour(expectations, challenger.model, params["behaviour"].get<double>(), context.cancel()));
    add_checks(std::move(checks), "suite " + suite->name, verdict);
  }
  const Budgets budgets = budgets_of(params["budgets"]);
  std::vector<engine::Check> costs;
  if (budgets.size_mb) costs.push_back(judge_size(megabytes_of(model.path), *budgets.size_mb));
  if (budgets.latency_ms) {
    context.progress(0.87, "measuring the time of single texts");
    std::vector<std::string_view> texts;
    for (const RowsInput& input : rows)
      for (size_t i = 0; i < input.rows.size(); ++i) texts.push_back(input.rows.raw(i));
    TRY_ASSIGN(auto milliseconds, measure_latency(challenger.model, texts, context.cancel()));
    costs.push_back(judge_latency(std::move(milliseconds), *budgets.latency_ms));
  }
  add_checks(std::move(costs), "budgets", verdict);
  return {};
}

Status EvaluateStage::run(StageContext& context) const {
  const auto& inputs = context.inputs();
  std::vector<RowsInput> rows;
  engine::StageReport& report = context.report();
  for (const StageInput* input : train::of_type(inputs, "rows")) {
    context.progress(0, "reading " + input->origin);
    TRY_ASSIGN(auto loaded, data::Rows::load(input->path));
    rows.push_back({input->origin, std::move(loaded)});
    if (input->role == "train") report.warnings.push_back("judged on " + input->origin + " too: if the model learned from these rows, the figures flatter it");
  }
  const StageInput& model_input = *challengers(inputs).front();
  context.progress(0.1, "scoring with " + model_input.origin);
  TRY_ASSIGN(Contestant challenger, judge_input(model_input, rows, context.cancel()));
  Evaluation evaluation{rows, {challenger.model, challenger.judged, challenger.digest}, {}, {}, {}, {}};

  std::optional<Contestant> reference;
  const bool weighted = any_weights(rows);
  if (weighted) {
    TRY(fit_for_weights(context.params()));
    report.warnings.push_back("rows have weights: accuracy and the comparison go by them, every other figure is of the labelled rows as they are");
    if (const int64_t twice = drawn_twice(rows); twice > 0)
      report.warnings.push_back(count_of(twice, "row") +
                                " stand in two inputs with weights; those drawn twice count twice: draw the second sample from rows that are new since the "
                                "first, or from all of them with `mlopsctl label sample --labels` of the first, and name it alone");
  }
  std::vector<double> weights;
  std::optional<Candidate> candidate;
  if (const StageInput* input = champion(inputs)) {
    context.progress(0.5, "scoring with " + input->origin);
    TRY_ASSIGN(reference, judge_input(*input, rows, context.cancel()));
    const std::vector<char> differ = differing(challenger, *reference);
    weights = row_weights(rows, differ);
    for (const std::string& origin : drawn_for_others(rows, differ))
      report.warnings.push_back("the weights of " + origin +
                                " were not made for these two models, so its rows tell less: draw rows for these two with mlopsctl label sample");
    if (weighted) weigh(reference->judged, weights);
    evaluation.champion.emplace(Contender{reference->model, reference->judged, reference->digest});
    evaluation.comparison = compare(challenger.judged.right, reference->judged.right, weights);
    if (weighted) evaluation.comparison->weighed->stands_for = stood_for(rows);
    candidate.emplace(Candidate{reference->judged.metrics, reference->model.labels()});
  }
  if (weighted) weigh(challenger.judged, weights.empty() ? row_weights(rows, {}) : weights);
  const auto& labels = challenger.model.labels();
  const auto options = [&](const std::string& metric, double confidence) {
    context.progress(0.8, "drawing rows again for " + metric);
    stats::BootstrapOptions result;
    // A tail needs some draws beyond it.
    result.resamples = static_cast<int>(std::clamp(5 / (1 - confidence) * 2, double{resamples}, 50'000.0));
    result.confidence = confidence;
    result.seed = context.seed();
    return result;
  };
  Resampling resampling;
  resampling.own = [&](const std::string& metric, double confidence) {
    return resampled_metric(metric, challenger.judged, labels, options(metric, confidence));
  };
  resampling.difference = [&](const std::string& metric, double confidence) {
    return resampled_difference(metric, challenger.judged, labels, reference->judged, reference->model.labels(), options(metric, confidence));
  };
  evaluation.calibration = calibration_null(challenger.judged, labels.size(), context.seed());
  resampling.calibration = [&] { return evaluation.calibration; };
  TRY_ASSIGN(evaluation.verdict, judge(rules_of(context.params()["gate"]), {challenger.judged.metrics, labels}, candidate, evaluation.comparison, resampling));
  TRY(judge_further(context, rows, challenger, reference ? &reference->judged : nullptr, model_input, evaluation.verdict));

  context.progress(0.9, "writing the evaluation");
  add_metrics("", challenger.judged.metrics, report.metrics);
  if (reference) add_metrics("champion.", reference->judged.metrics, report.metrics);
  if (weighted) std::erase_if(report.metrics, [](const auto& metric) { return metric.first != "accuracy" && metric.first != "champion.accuracy"; });
  report.metrics["rows"] = static_cast<double>(challenger.judged.metrics.rows);
  report.summary = summary_json(evaluation);
  report.verdict = evaluation.verdict;
  const auto folder = context.output("evaluation");
  TRY(make_folders(folder));
  TRY(write_file(folder / "evaluation.json", pretty(evaluation_json(evaluation))));
  TRY(write_file(folder / "predictions.csv", predictions_csv(evaluation)));
  context.forward("model", model_input);
  return {};
}

}  // namespace

std::unique_ptr<engine::Stage> make_evaluate_stage() { return std::make_unique<EvaluateStage>(); }

}  // namespace mlopsctl::evaluate
