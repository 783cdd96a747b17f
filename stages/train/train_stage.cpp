#include "stages/train/train_stage.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "pipeline/base/files.hpp"
#include "stages/ml_api.hpp"
#include "stages/text/vectorizer_options.hpp"
#include "stages/train/calibration.hpp"
#include "stages/train/examples.hpp"
#include "stages/train/fit_calibration.hpp"
#include "stages/train/profile.hpp"
#include "stages/train/stage_inputs.hpp"

namespace mlopsctl::train {
namespace {

using engine::InputShape;
using engine::OutputDecl;
using engine::StageContext;
using engine::StageInput;

spec::StageKindSpec make_spec() {
  std::vector<spec::Alternative> families;
  for (const ml::Trainer& trainer : ml::trainers()) families.push_back({trainer.type, trainer.doc, trainer.fields});
  return {"train",
          "Trains a model on the input with role train (or the only one) and calibrates it on the input with role validation.",
          {
              spec::required("model", spec::variant("type", std::move(families)), "The family of models and its options."),
              spec::with_default("calibration", spec::choice({"auto", "none", "platt", "temperature"}), "auto",
                                 "How scores become probabilities. auto: platt for margins, temperature for log probabilities. Fitted on the validation rows; "
                                 "without them, on a seeded tenth of the training rows as scored by a second model that has not seen them."),
          }};
}

const ml::Trainer& trainer_of(const Json& params) {
  const std::string type = params["model"]["type"].get<std::string>();
  return *std::find_if(ml::trainers().begin(), ml::trainers().end(), [&](const ml::Trainer& each) { return each.type == type; });
}

template <typename Input>
const Input* train_input(const std::vector<const Input*>& rows) {
  if (const Input* found = with_role(rows, "train")) return found;
  return rows.size() == 1 ? rows.front() : nullptr;
}

class TrainStage final : public engine::Stage {
 public:
  const spec::StageKindSpec& spec() const override { return spec_; }
  int version() const override { return 1; }
  std::string backend(const Json& params) const override { return trainer_of(params).backend; }

  Result<std::vector<OutputDecl>> outputs(const spec::StageSpec& stage, const std::vector<InputShape>& inputs) const override {
    std::vector<Error> faults;
    const auto rows = of_type(inputs, "rows");
    if (train_input(rows) == nullptr) {
      const std::string missing =
          rows.empty() ? "train needs rows to learn from" : "train cannot tell which of its rows to learn from: none has the role train";
      faults.push_back(
          stage_fault(stage, "inputs", missing + "; it has: " + listed(inputs)).with_hint("name the output of a preprocess stage: inputs: [clean.train]"));
    }
    if (const auto check = trainer_of(stage.params).check; check != nullptr) {
      if (Status checked = check(stage.params["model"]); !checked) {
        const Error& fault = checked.error();
        faults.push_back(stage_fault(stage, "model." + fault.field, fault.message).with_hint(fault.hint));
      }
    }
    if (stage.params["model"].contains("ngrams")) {
      if (const auto options = text::read_vectorizer_options(stage.params["model"]); !options)
        faults.push_back(stage_fault(stage, "model." + options.error().field, options.error().message).with_hint(options.error().hint));
    }
    if (faults.empty()) return std::vector<OutputDecl>{{"model", "model"}};
    Error all = std::move(faults.front());
    all.also.assign(std::make_move_iterator(faults.begin() + 1), std::make_move_iterator(faults.end()));
    return all;
  }

  Status run(StageContext& context) const override;

 private:
  spec::StageKindSpec spec_ = make_spec();
};

// Rows the model has not seen, with the scores it gives them: what calibration and profile are made from.
struct Judged {
  std::string source;
  ml::ScoreKind kind;
  ml::Examples examples;
  std::vector<double> scores;
  std::vector<float> unknown;
};

Result<Judged> judge(std::string source, const ml::Classifier& classifier, ml::Examples examples, size_t labels, const CancelToken& cancel) {
  Judged judged{std::move(source), classifier.score_kind(), std::move(examples), {}, {}};
  TRY_ASSIGN(judged.scores, classifier.scores(judged.examples.texts, cancel, &judged.unknown));
  if (judged.kind == ml::ScoreKind::log_probability) normalise(judged.scores, labels);
  return judged;
}

// Without validation rows: a second model without a tenth of the rows, judged on that tenth.
Result<Judged> judge_held_out(const ml::Trainer& trainer, const ml::TrainRequest& request, HeldOut split) {
  const auto folder = request.folder / "held_out";
  TRY(make_folders(folder));
  const ml::TrainRequest with_rest{request.params, request.stage_params, request.seed, request.labels, split.rest,
                                   nullptr,        request.base,         folder,       request.cancel, [](double, std::string_view) {}};
  TRY_ASSIGN(auto trained, trainer.train(with_rest));
  if (trained.classifier == nullptr) {
    TRY_ASSIGN(trained.classifier, trainer.load(folder, {{"labels", request.labels}, {"params", request.params}, {"family", trained.family}}));
  }
  TRY(mlopsctl::remove_all(folder));
  return judge("held out", *trained.classifier, std::move(split.held_out), request.labels.size(), request.cancel);
}

// Some training rows' scores, for a profile where nothing was held out.
Result<Judged> judge_some(const ml::Classifier& classifier, const ml::Examples& train, size_t labels, const CancelToken& cancel) {
  constexpr size_t kRows = 2000;
  ml::Examples some;
  const size_t step = std::max<size_t>(1, train.size() / kRows);
  for (size_t i = 0; i < train.size(); i += step) some.texts.push_back(train.texts[i]), some.labels.push_back(train.labels[i]);
  return judge("train", classifier, std::move(some), labels, cancel);
}

Json counts_by_label(const std::vector<std::string>& labels, const std::vector<int>& given) {
  Json counts = Json::object();
  for (size_t k = 0; k < labels.size(); ++k) counts[labels[k]] = std::count(given.begin(), given.end(), static_cast<int>(k));
  return counts;
}

void add_metrics(const std::string& prefix, const Judged& judged, const std::vector<float>& probabilities, size_t classes,
                 std::map<std::string, double>& metrics) {
  double right = 0, loss = 0;
  for (size_t i = 0; i < judged.examples.size(); ++i) {
    const auto row = std::span(probabilities).subspan(i * classes, classes);
    const auto label = static_cast<size_t>(judged.examples.labels[i]);
    right += ml::best(row) == static_cast<int>(label);
    loss -= std::log(std::max(1e-15, static_cast<double>(row[label])));
  }
  metrics[prefix + "_accuracy"] = right / static_cast<double>(judged.examples.size());
  metrics[prefix + "_log_loss"] = loss / static_cast<double>(judged.examples.size());
}

Status TrainStage::run(StageContext& context) const {
  const auto inputs = of_type(context.inputs(), "rows");
  const StageInput* train_rows = train_input(inputs);
  const StageInput* validation_rows = with_role(inputs, "validation");
  if (train_rows == nullptr) return stage_error("no rows to train on");

  context.progress(0, "reading " + train_rows->origin);
  TRY_ASSIGN(const auto rows, data::Rows::load(train_rows->path));
  TRY_ASSIGN(const auto labels, labels_of(rows, train_rows->origin));
  TRY_ASSIGN(const auto train, examples_of(rows, labels, train_rows->origin));
  std::optional<data::Rows> held;
  std::optional<ml::Examples> validation;
  if (validation_rows != nullptr) {
    TRY_ASSIGN(held, data::Rows::load(validation_rows->path));
    TRY_ASSIGN(validation, examples_of(*held, labels, validation_rows->origin));
    if (validation->size() == 0) validation.reset();
  }

  const Json& params = context.params();
  const ml::Trainer& trainer = trainer_of(params);
  const auto folder = context.output("model");
  TRY(make_folders(folder));
  std::filesystem::path base;
  for (const StageInput& input : context.inputs())
    if (input.name == "model.base") base = input.path;
  const ml::TrainRequest request{params["model"],
                                 params,
                                 context.seed(),
                                 labels,
                                 train,
                                 validation ? &*validation : nullptr,
                                 base,
                                 folder,
                                 context.cancel(),
                                 [&](double fraction, std::string_view what) { context.progress(0.05 + 0.75 * fraction, what); }};
  TRY_ASSIGN(auto trained, trainer.train(request));
  Json description = {{"format", "mlopsctl-model-1"},
                      {"type", trainer.type},
                      {"labels", labels},
                      {"recipe", rows.info().recipe},
                      {"params", params["model"]},
                      {"family", trained.family},
                      {"trained_on", {{"rows", train.size()}, {"digest", train_rows->digest.str()}, {"labels", counts_by_label(labels, train.labels)}}}};
  if (trained.classifier == nullptr) { TRY_ASSIGN(trained.classifier, trainer.load(folder, description)); }

  engine::StageReport& report = context.report();
  report.metrics = trained.metrics;
  report.warnings = trained.warnings;
  context.progress(0.8, "calibrating");
  const std::string wanted = params["calibration"].get<std::string>();
  std::optional<HeldOut> split;
  if (!validation && wanted != "none") split = hold_out(train, labels.size(), context.seed());
  if (split) trained.classifier.reset();  // its place is needed for the second model
  auto judging = validation ? judge("validation", *trained.classifier, *validation, labels.size(), context.cancel())
                 : split    ? judge_held_out(trainer, request, *std::move(split))
                            : judge_some(*trained.classifier, train, labels.size(), context.cancel());
  if (!judging) return std::move(judging).error();
  const Judged& judged = *judging;
  Calibration calibration;
  if (judged.source == "train") {
    if (wanted != "none")
      report.warnings.push_back("probabilities are not calibrated: no validation rows, and too few training rows to hold some out (100, and 10 of each label)");
  } else {
    calibration = fit_calibration(wanted, judged.kind, judged.scores, judged.examples.labels, labels, report.warnings);
  }
  const std::vector<float> probabilities = apply(calibration, judged.scores, labels.size());
  if (judged.source != "train") add_metrics(judged.source == "validation" ? "validation" : "held_out", judged, probabilities, labels.size(), report.metrics);

  const Profile profile = measure_profile(judged.source, labels, judged.examples.texts, probabilities, judged.unknown, judged.examples.labels);
  description["calibration"] = to_json(calibration);
  description["profile"] = to_json(profile);
  report.summary = {{"type", trainer.type}, {"labels", labels}, {"calibration", description["calibration"]}, {"trained_on", description["trained_on"]}};
  context.progress(1, "writing the model");
  return write_file(folder / "model.json", pretty(description));
}

}  // namespace

std::unique_ptr<engine::Stage> make_train_stage() { return std::make_unique<TrainStage>(); }

}  // namespace mlopsctl::train
