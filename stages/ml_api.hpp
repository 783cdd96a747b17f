// What stages may ask of a family of models (linear, BERT, several of them together): paths, numbers and text only; no library's type crosses it.
//
// A model is a folder: model.json {"format": "mlopsctl-model-1", "type", "labels", "recipe", "params", "family", "calibration", "profile",
// "trained_on"}, weights.safetensors, and what its family needs (vocab.txt). To add a family: one folder under stages/ and one row
// in stages/train/trainers.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/base/digest.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/spec/field.hpp"
#include "stages/data/rows.hpp"

namespace mlopsctl::ml {

// Cleaned texts with what they are. The views belong to the Rows they come from.
struct Examples {
  std::vector<std::string_view> texts;
  std::vector<int> labels;  // index into the model's labels
  size_t size() const { return texts.size(); }
};

// A model that a family starts from or is made of.
struct BaseModel {
  std::filesystem::path path;
  Digest digest;
  std::string origin;  // what messages call it
};

struct TrainRequest {
  const Json& params;        // canonical values of the family's fields, with "type"
  const Json& stage_params;  // the train stage's other fields (optimizer, ...)
  uint64_t seed = 0;
  const std::vector<std::string>& labels;  // sorted, at least two, each with at least one example
  const Examples& train;
  const Examples* validation = nullptr;    // null: none; for early stopping and the like, never to fit on
  std::map<std::string, BaseModel> bases;  // by the family's field of type model that names it: "base", "members.0"
  std::filesystem::path folder;            // exists; where to write the family's files; model.json is the stage's own
  const CancelToken& cancel;
  std::function<void(double, std::string_view)> progress;
  // The rest is for families that ask for it. The recipe that cleaned the texts:
  Json recipe = Json::object();
  // engine::StageContext's; null: there are none.
  std::function<Result<std::filesystem::path>()> checkpoints{};
  std::function<Result<std::filesystem::path>(const Digest& of)> memo{};
};

// What a family's scores mean before calibration.
enum class ScoreKind {
  margin,          // signed distances: only order means anything; calibrated by Platt's sigmoids
  log_probability  // softmax of a row gives its probabilities; calibrated by a temperature
};

// A trained family, ready to score. Thread-safe. Knows nothing of recipes and calibration: that is Model's part.
class Classifier {
 public:
  virtual ~Classifier() = default;
  virtual ScoreKind score_kind() const = 0;
  // texts x labels, row-major; the label with the highest score is the family's own answer. `texts` are cleaned already. Uses all cores.
  // Where asked for, `unknown` gets each text's share of tokens that the model does not know; it stays empty when the family has no such notion.
  virtual Result<std::vector<double>> scores(std::span<const std::string_view> texts, const CancelToken& cancel,
                                             std::vector<float>* unknown = nullptr) const = 0;

  // What it makes of the texts before it answers, texts x some width; empty: it has no such notion.
  virtual Result<std::vector<float>> embeddings(std::span<const std::string_view> texts, const CancelToken& cancel) const {
    return static_cast<void>(texts), static_cast<void>(cancel), std::vector<float>();
  }

  // The rest is for the server. How many tokens it would make of a text, about; at least 1.
  virtual size_t tokens(std::string_view text) const { return 1 + text.size() / 5; }
  // Whether a text costs so little (microseconds) that handing it to another thread would cost more.
  virtual bool cheap() const { return false; }
  // From now on up to `threads` threads ask at once, and each keeps to one core as far as that serves. Not while others ask.
  virtual Status share(int threads) { return static_cast<void>(threads), Status(); }
};

struct TrainReport {
  Json family = Json::object();            // goes into model.json under "family": what load() needs besides the weights
  std::unique_ptr<Classifier> classifier;  // the model just trained, exactly as load() would give it; null: call load()
  // What that classifier says of the validation rows, where training had to ask it anyway; empty: to be asked.
  std::vector<double> validation_scores;
  std::vector<float> validation_unknown;
  Json trained_on;  // what model.json says under "trained_on"; null: the training rows
  std::map<std::string, double> metrics;
  Json summary;  // how training went, for reports: see finetune/curves.hpp; null: nothing to tell
  std::vector<std::string> warnings;
};

// What the stage does for calibration, profile and the choice of epochs where there are no validation rows.
enum class WithoutValidation {
  train_twice,     // a second model without a tenth of the rows: what is kept learns from all
  hold_out_first,  // trains once, without that tenth: where training is dear
  nothing          // the model is as good as calibrated
};

// A family of models under one `model.type`.
struct Trainer {
  std::string type;  // "linear-svm"
  std::string doc;
  std::vector<spec::Field> fields;
  std::string backend;  // "liblinear 2.30": part of the cache key
  // Values that cannot go together, for `validate`; null: all can. Error::field is below the stage: "model.solver". The optimizer may be null.
  Status (*check)(const Json& params, const Json& optimizer);
  Result<TrainReport> (*train)(const TrainRequest& request);
  Result<std::unique_ptr<Classifier>> (*load)(const std::filesystem::path& folder, const Json& model_json);
  bool optimizer = false;                              // learns step by step: takes the stage's field `optimizer`
  bool (*needs_labels)(const Json& params) = nullptr;  // false: learns from texts alone, and what it makes is no classifier; null: always
  WithoutValidation without_validation = WithoutValidation::train_twice;
  // Of a family made of other models: the labels they have in common. It learns from the validation rows alone, as people wrote them, and cleans
  // texts itself (its recipe is empty). null: labels are those of the training rows.
  Result<std::vector<std::string>> (*labels)(const Json& params, const std::map<std::string, BaseModel>& bases) = nullptr;
};

// The ONE list of families (stages/train/trainers.cpp).
const std::vector<Trainer>& trainers();

// A model as the other stages, `predict` and the server use it: cleans, scores, calibrates. Thread-safe.
class Model {
 public:
  // Errors name what is missing in the folder. `origin` is what messages call it.
  static Result<Model> load(const std::filesystem::path& folder, std::string origin);
  // Of a family that is at hand already; `description` is model.json.
  static Result<Model> of(Json description, std::unique_ptr<Classifier> classifier, std::string origin);
  // model.json alone, its keys checked, as load() would read it.
  static Result<Json> describe(const std::filesystem::path& folder, const std::string& origin);
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  const Json& description() const;                 // model.json
  const std::vector<std::string>& labels() const;  // sorted
  const Classifier& classifier() const;
  const std::string& origin() const;
  Status share(int threads);  // see Classifier

  // Calibrated probabilities, texts x labels, row-major, each row adding to 1.
  // For texts as people wrote them:
  Result<std::vector<float>> score_raw(std::span<const std::string_view> texts, const CancelToken& cancel, std::vector<float>* unknown = nullptr) const;
  // For the rows of an artifact: uses the cleaned text when the rows were cleaned by this model's recipe, else cleans the raw text.
  Result<std::vector<float>> score(const data::Rows& rows, const CancelToken& cancel) const;
  // For texts cleaned by this model's recipe already:
  Result<std::vector<float>> score_clean(std::span<const std::string_view> texts, const CancelToken& cancel, std::vector<float>* unknown = nullptr) const;
  // The texts of the rows, cleaned by this model's recipe; `storage` keeps what had to be cleaned anew.
  std::vector<std::string_view> clean(const data::Rows& rows, std::vector<std::string>& storage) const;

 private:
  struct Impl;
  explicit Model(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Index of the first of the largest values of a row: how every part of mlopsctl turns probabilities into a label.
int best(std::span<const float> row);

}  // namespace mlopsctl::ml
