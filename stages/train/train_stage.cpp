#include "stages/train/train_stage.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "pipeline/base/files.hpp"
#include "stages/finetune/options.hpp"
#include "stages/ml_api.hpp"
#include "stages/text/recipe.hpp"
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
              spec::optional("optimizer", finetune::optimizer_type(), "How a family that learns step by step does so. Default: what each of its keys says."),
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
  int version() const override { return 2; }
  std::string backend(const Json& params) const override { return trainer_of(params).backend; }

  Result<std::vector<OutputDecl>> outputs(const spec::StageSpec& stage, const std::vector<InputShape>& inputs) const override {
    std::vector<Error> faults;
    const auto rows = of_type(inputs, "rows");
    const ml::Trainer& trainer = trainer_of(stage.params);
    if (trainer.labels != nullptr) {
      if (with_role(rows, "validation") == nullptr)
        faults.push_back(stage_fault(stage, "inputs",
                                     "model type " + trainer.type +
                                         " needs rows with the role validation, which its members have not learnt from; it has: " + listed(inputs))
                             .with_hint("name the validation rows of a preprocess stage: inputs: [clean.validation]"));
    } else if (train_input(rows) == nullptr) {
      const std::string missing =
          rows.empty() ? "train needs rows to learn from" : "train cannot tell which of its rows to learn from: none has the role train";
      faults.push_back(
          stage_fault(stage, "inputs", missing + "; it has: " + listed(inputs)).with_hint("name the output of a preprocess stage: inputs: [clean.train]"));
    }
    add_faults_of_options(stage, faults);
    if (faults.empty()) return std::vector<OutputDecl>{{"model", "model"}};
    Error all = std::move(faults.front());
    all.also.assign(std::make_move_iterator(faults.begin() + 1), std::make_move_iterator(faults.end()));
    return all;
  }

  Status run(StageContext& context) const override;

 private:
  static void add_faults_of_options(const spec::StageSpec& stage, std::vector<Error>& faults) {
    const ml::Trainer& trainer = trainer_of(stage.params);
    const Json optimizer = stage.params.value("optimizer", Json());
    if (!trainer.optimizer && !optimizer.is_null())
      faults.push_back(stage_fault(stage, "optimizer", "model type " + trainer.type + " has no optimizer to set: it is fitted in one go")
                           .with_hint("remove optimizer, or use a type that learns step by step: " + with_optimizer()));
    const auto add = [&](const Error& fault, const std::string& below) {
      faults.push_back(stage_fault(stage, below + fault.field, fault.message).with_hint(fault.hint));
    };
    if (trainer.check != nullptr) {
      if (const Status checked = trainer.check(stage.params["model"], optimizer); !checked) {
        add(checked.error(), "");
        for (const Error& fault : checked.error().also) add(fault, "");
      }
    }
    if (stage.params["model"].contains("ngrams")) {
      if (const auto options = text::read_vectorizer_options(stage.params["model"]); !options) add(options.error(), "model.");
    }
  }

  static std::string with_optimizer() {
    std::string names;
    for (const ml::Trainer& trainer : ml::trainers())
      if (trainer.optimizer) names += (names.empty() ? "" : ", ") + trainer.type;
    return names;
  }

  spec::StageKindSpec spec_ = make_spec();
};

// Rows the model has not seen, with the scores it gives them: what calibration and profile are made from.
struct Judged {
  std::string source;
  ml::ScoreKind kind;
  ml::Examples examples;
  std::vector<double> scores;
  std::vector<float> unknown;
  Content content{};
};

Result<Judged> judge(std::string source, const ml::Classifier& classifier, ml::Examples examples, size_t labels, const CancelToken& cancel,
                     std::vector<double> scores = {}, std::vector<float> unknown = {}) {
  Judged judged{std::move(source), classifier.score_kind(), std::move(examples), std::move(scores), std::move(unknown)};
  if (judged.scores.empty()) { TRY_ASSIGN(judged.scores, classifier.scores(judged.examples.texts, cancel, &judged.unknown)); }
  if (judged.kind == ml::ScoreKind::log_probability) normalise(judged.scores, labels);
  TRY_ASSIGN(judged.content, kept_content_of(classifier, judged.examples.texts, cancel));
  return judged;
}

// Without validation rows: a second model without a tenth of the rows, judged on that tenth.
Result<Judged> judge_held_out(const ml::Trainer& trainer, const ml::TrainRequest& request, HeldOut split) {
  const auto folder = request.folder / "held_out";
  TRY(make_folders(folder));
  const ml::TrainRequest with_rest{request.params, request.stage_params, request.seed, request.labels, split.rest,
                                   nullptr,        request.bases,        folder,       request.cancel, [](double, std::string_view) {},
                                   request.recipe};
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

// What a training is given, and where it learns from.
struct Given {
  data::Rows rows;
  std::optional<data::Rows> validation_rows;
  std::vector<std::string> labels;  // empty for a family that learns from texts alone
  ml::Examples train;
  std::optional<ml::Examples> validation;
  bool held_out = false;  // `validation` was held out of the training rows
};

Result<Given> read_given(StageContext& context, const ml::Trainer& trainer, const StageInput& train_rows, const StageInput* validation_rows) {
  TRY_ASSIGN(auto loaded, data::Rows::load(train_rows.path));
  Given given{std::move(loaded), {}, {}, {}, {}};
  if (trainer.needs_labels != nullptr && !trainer.needs_labels(context.params()["model"])) {
    if (given.rows.size() == 0) return stage_error(train_rows.origin + " has no rows to train on");
    for (size_t i = 0; i < given.rows.size(); ++i) given.train.texts.push_back(given.rows.text(i));
    return given;
  }
  TRY_ASSIGN(given.labels, labels_of(given.rows, train_rows.origin));
  TRY_ASSIGN(given.train, examples_of(given.rows, given.labels, train_rows.origin));
  if (validation_rows != nullptr) {
    TRY_ASSIGN(given.validation_rows, data::Rows::load(validation_rows->path));
    TRY_ASSIGN(given.validation, examples_of(*given.validation_rows, given.labels, validation_rows->origin));
    if (given.validation->size() == 0) given.validation.reset();
  }
  if (given.validation || trainer.without_validation != ml::WithoutValidation::hold_out_first) return given;
  auto split = hold_out(given.train, given.labels.size(), context.seed());
  if (!split) return given;
  context.report().warnings.push_back("no validation rows: " + std::to_string(split->held_out.size()) + " of " + std::to_string(given.train.size()) +
                                      " training rows were held out, to choose the best epoch and to calibrate; with validation rows it learns from all");
  given.train = std::move(split->rest);
  given.validation = std::move(split->held_out);
  given.held_out = true;
  return given;
}

// For a family made of other models.
Result<Given> read_given_validation(const Json& model, const ml::Trainer& trainer, const std::map<std::string, ml::BaseModel>& bases, const StageInput& input) {
  TRY_ASSIGN(auto labels, trainer.labels(model, bases));
  TRY_ASSIGN(auto rows, data::Rows::load(input.path));
  Given given{std::move(rows), {}, std::move(labels), {}, {}};
  if (given.rows.size() == 0) return stage_error(input.origin + " has no rows to fit the " + trainer.type + " on");
  TRY_ASSIGN(given.validation, examples_of(given.rows, given.labels, input.origin));
  for (size_t i = 0; i < given.rows.size(); ++i) given.validation->texts[i] = given.rows.raw(i);
  return given;
}

std::map<std::string, ml::BaseModel> bases_of(const StageContext& context) {
  constexpr std::string_view below = "model.";
  std::map<std::string, ml::BaseModel> bases;
  for (const StageInput& input : context.inputs())
    if (input.name.starts_with(below)) bases[input.name.substr(below.size())] = {input.path, input.digest, input.origin};
  return bases;
}

// Scores rows the model has not seen, calibrates on them, and adds calibration and profile to the description.
Status calibrate(StageContext& context, const ml::Trainer& trainer, const ml::TrainRequest& request, Given& given, ml::TrainReport trained, Json& description) {
  engine::StageReport& report = context.report();
  const std::vector<std::string>& labels = given.labels;
  context.progress(0.8, "calibrating");
  const std::string wanted = context.params()["calibration"].get<std::string>();
  std::optional<HeldOut> split;
  if (!given.validation && wanted != "none" && trainer.without_validation == ml::WithoutValidation::train_twice)
    split = hold_out(given.train, labels.size(), context.seed());
  if (split) trained.classifier.reset();  // its place is needed for the second model
  auto judging = given.validation ? judge(given.held_out ? "held out" : "validation", *trained.classifier, *given.validation, labels.size(), context.cancel(),
                                          std::move(trained.validation_scores), std::move(trained.validation_unknown))
                 : split          ? judge_held_out(trainer, request, *std::move(split))
                                  : judge_some(*trained.classifier, given.train, labels.size(), context.cancel());
  if (!judging) return std::move(judging).error();
  const Judged& judged = *judging;
  Calibration calibration;
  if (judged.source == "train") {
    if (wanted != "none" && trainer.without_validation != ml::WithoutValidation::nothing)
      report.warnings.push_back("probabilities are not calibrated: no validation rows, and too few training rows to hold some out (100, and 10 of each label)");
  } else {
    calibration = fit_calibration(wanted, judged.kind, judged.scores, judged.examples.labels, labels, report.warnings);
  }
  const std::vector<float> probabilities = apply(calibration, judged.scores, labels.size());
  if (judged.source != "train") add_metrics(judged.source == "validation" ? "validation" : "held_out", judged, probabilities, labels.size(), report.metrics);
  description["calibration"] = to_json(calibration);
  description["profile"] =
      to_json(measure_profile(judged.source, labels, judged.examples.texts, probabilities, judged.unknown, judged.examples.labels, judged.content));
  return {};
}

Status TrainStage::run(StageContext& context) const {
  const auto inputs = of_type(context.inputs(), "rows");
  const Json& params = context.params();
  const ml::Trainer& trainer = trainer_of(params);
  const StageInput* validation_rows = with_role(inputs, "validation");
  const StageInput* train_rows = trainer.labels != nullptr ? validation_rows : train_input(inputs);
  if (train_rows == nullptr) return stage_error("no rows to train on");
  context.progress(0, "reading " + train_rows->origin);
  auto bases = bases_of(context);
  TRY_ASSIGN(Given given, trainer.labels != nullptr ? read_given_validation(params["model"], trainer, bases, *train_rows)
                                                    : read_given(context, trainer, *train_rows, validation_rows));
  const Json recipe = trainer.labels != nullptr ? text::Recipe::make(Json::array())->json() : given.rows.info().recipe;

  const auto folder = context.output("model");
  TRY(make_folders(folder));
  const ml::TrainRequest request{params["model"],
                                 params,
                                 context.seed(),
                                 given.labels,
                                 given.train,
                                 given.validation ? &*given.validation : nullptr,
                                 std::move(bases),
                                 folder,
                                 context.cancel(),
                                 [&](double fraction, std::string_view what) { context.progress(0.05 + 0.75 * fraction, what); },
                                 recipe,
                                 [&] { return context.checkpoints(); },
                                 [&](const Digest& of) { return context.memo(of); }};
  TRY_ASSIGN(auto trained, trainer.train(request));
  Json description = {{"format", "mlopsctl-model-1"},
                      {"type", trainer.type},
                      {"labels", given.labels},
                      {"recipe", recipe},
                      {"params", params["model"]},
                      {"family", trained.family},
                      {"calibration", to_json(Calibration())},
                      {"profile", nullptr},
                      {"trained_on", trained.trained_on}};
  if (trained.trained_on.is_null())
    description["trained_on"] = {
        {"rows", given.train.size()}, {"digest", train_rows->digest.str()}, {"labels", counts_by_label(given.labels, given.train.labels)}};

  engine::StageReport& report = context.report();
  report.metrics = trained.metrics;
  report.warnings.insert(report.warnings.end(), trained.warnings.begin(), trained.warnings.end());
  report.summary = {{"type", trainer.type}, {"labels", given.labels}, {"trained_on", description["trained_on"]}};
  if (!trained.summary.is_null()) report.summary["training"] = std::move(trained.summary);
  if (!given.labels.empty()) {
    if (trained.classifier == nullptr) { TRY_ASSIGN(trained.classifier, trainer.load(folder, description)); }
    TRY(calibrate(context, trainer, request, given, std::move(trained), description));
    report.summary["calibration"] = description["calibration"];
  }
  context.progress(1, "writing the model");
  return write_file(folder / "model.json", pretty(description));
}

}  // namespace

std::unique_ptr<engine::Stage> make_train_stage() { return std::make_unique<TrainStage>(); }

}  // namespace mlopsctl::train
