// ml::Model: opens a model folder and puts recipe, family and calibration behind one call.
#include <algorithm>

#include "pipeline/base/files.hpp"
#include "stages/ml_api.hpp"
#include "stages/text/recipe.hpp"
#include "stages/train/calibration.hpp"
#include "stages/train/parallel.hpp"

namespace mlopsctl::ml {

struct Model::Impl {
  std::string origin;
  Json description;
  std::vector<std::string> labels;
  text::Recipe recipe;
  train::Calibration calibration;
  std::unique_ptr<Classifier> classifier;

  // Texts that need cleaning are cleaned on all cores.
  template <typename Raw>
  std::vector<std::string> cleaned(size_t rows, const Raw& raw) const {
    std::vector<std::string> result(rows);
    train::for_ranges(rows, 256, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) recipe.apply(raw(i), result[i]);
    });
    return result;
  }
};

namespace {

Result<Json> read_description(const std::filesystem::path& folder) {
  auto text = read_file(folder / "model.json");
  if (!text) return std::move(text).error().with_hint("a model is a folder with model.json, as the train stage writes it");
  TRY_ASSIGN(Json json, parse_json(*text, "model.json"));
  const Json format = json.is_object() ? json.value("format", Json()) : Json();
  if (format != "mlopsctl-model-1") return stage_error("model.json: format is " + format.dump() + ", expected \"mlopsctl-model-1\"");
  for (const char* key : {"type", "labels", "recipe", "params", "family", "calibration", "profile"})
    if (!json.contains(key)) return stage_error(std::string("model.json: \"") + key + "\" is missing");
  if (!json["type"].is_string()) return stage_error("model.json: type is no text");
  if (json["labels"].is_array() && json["labels"].empty())
    return stage_error("this is a language model (objective: mlm), which gives texts no labels")
        .with_hint("fine-tune it first: model: {type: bert, base: <this model>}");
  if (!json["labels"].is_array() || json["labels"].size() < 2) return stage_error("model.json: labels is no list of at least two");
  for (const Json& label : json["labels"])
    if (!label.is_string()) return stage_error("model.json: labels holds something other than text");
  return json;
}

Result<const Trainer*> trainer_of(const std::string& type) {
  std::vector<std::string> known;
  for (const Trainer& trainer : trainers()) {
    if (trainer.type == type) return &trainer;
    known.push_back(trainer.type);
  }
  std::string list;
  for (const std::string& each : known) list += (list.empty() ? "" : ", ") + each;
  return stage_error("model.json: unknown type \"" + type + "\"; this mlopsctl knows: " + list);
}

}  // namespace

Result<Json> Model::describe(const std::filesystem::path& folder, const std::string& origin) {
  auto description = read_description(folder);
  if (!description) return std::move(description).error().note("while loading the model " + origin);
  return description;
}

Result<Model> Model::of(Json description, std::unique_ptr<Classifier> classifier, std::string origin) {
  TRY_ASSIGN(auto recipe, text::Recipe::make(description["recipe"].is_object() ? description["recipe"].value("steps", Json::array()) : Json::array()));
  TRY_ASSIGN(auto calibration, train::calibration_from_json(description["calibration"], description["labels"].size()));
  auto labels = description["labels"].get<std::vector<std::string>>();
  return Model(std::make_unique<Impl>(
      Impl{std::move(origin), std::move(description), std::move(labels), std::move(recipe), std::move(calibration), std::move(classifier)}));
}

Result<Model> Model::load(const std::filesystem::path& folder, std::string origin) {
  const auto open = [&]() -> Result<Model> {
    TRY_ASSIGN(Json description, read_description(folder));
    TRY_ASSIGN(const Trainer* trainer, trainer_of(description["type"].get<std::string>()));
    TRY_ASSIGN(auto classifier, trainer->load(folder, description));
    return of(std::move(description), std::move(classifier), origin);
  };
  auto opened = open();
  if (!opened) return std::move(opened).error().note("while loading the model " + origin);
  return opened;
}

Model::Model(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

const Json& Model::description() const { return impl_->description; }
const std::vector<std::string>& Model::labels() const { return impl_->labels; }
const Classifier& Model::classifier() const { return *impl_->classifier; }
const std::string& Model::origin() const { return impl_->origin; }
Status Model::share(int threads) { return impl_->classifier->share(threads); }

Result<std::vector<float>> Model::score_clean(std::span<const std::string_view> texts, const CancelToken& cancel, std::vector<float>* unknown) const {
  TRY_ASSIGN(auto scores, impl_->classifier->scores(texts, cancel, unknown));
  if (impl_->classifier->score_kind() == ScoreKind::log_probability) train::normalise(scores, impl_->labels.size());
  return train::apply(impl_->calibration, scores, impl_->labels.size());
}

Result<std::vector<float>> Model::score_raw(std::span<const std::string_view> texts, const CancelToken& cancel, std::vector<float>* unknown) const {
  if (impl_->recipe.empty()) return score_clean(texts, cancel, unknown);
  const std::vector<std::string> cleaned = impl_->cleaned(texts.size(), [&](size_t i) { return texts[i]; });
  const std::vector<std::string_view> views(cleaned.begin(), cleaned.end());
  return score_clean(views, cancel, unknown);
}

Result<std::vector<float>> Model::score(const data::Rows& rows, const CancelToken& cancel) const {
  std::vector<std::string> storage;
  return score_clean(clean(rows, storage), cancel);
}

std::vector<std::string_view> Model::clean(const data::Rows& rows, std::vector<std::string>& storage) const {
  std::vector<std::string_view> texts(rows.size());
  if (rows.info().recipe == impl_->description["recipe"]) {
    for (size_t i = 0; i < rows.size(); ++i) texts[i] = rows.text(i);
    return texts;
  }
  storage = impl_->cleaned(rows.size(), [&](size_t i) { return rows.raw(i); });
  std::copy(storage.begin(), storage.end(), texts.begin());
  return texts;
}

int best(std::span<const float> row) { return static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin()); }

}  // namespace mlopsctl::ml
