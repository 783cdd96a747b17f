// What stages may ask of a family of models (linear today, BERT next): paths, numbers and text only; no library's type crosses it.
//
// A model is a folder: model.json {"format": "mlopsctl-model-1", "type", "labels", "recipe", "params", "calibration", "profile",
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
#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/spec/field.hpp"
#include "stages/data/rows.hpp"

namespace mlopsctl::ml {

struct TrainRequest {
  const Json& params;                        // canonical values of the family's fields, with "type"
  const Json& stage_params;                  // the train stage's other fields (optimizer, ...)
  uint64_t seed = 0;
  const data::Rows& train;
  const data::Rows* validation = nullptr;    // null: no rows to calibrate on
  std::filesystem::path base;                // a model to start from; empty: none
  std::filesystem::path folder;              // where to write the family's files; model.json is the stage's own
  const CancelToken& cancel;
  std::function<void(double, std::string_view)> progress;
};

struct TrainReport {
  Json family = Json::object();       // goes into model.json under "family": what load() needs besides the weights
  std::map<std::string, double> metrics;
  std::vector<std::string> warnings;
};

// A trained model, ready to score. Thread-safe.
class Classifier {
 public:
  virtual ~Classifier() = default;
  virtual const std::vector<std::string>& labels() const = 0;
  // Calibrated probabilities, texts x labels, row-major. `texts` are cleaned by the model's recipe already.
  virtual Result<std::vector<float>> probabilities(std::span<const std::string_view> texts, const CancelToken& cancel) const = 0;
  // Share of tokens the model does not know, one per text; empty when the family has no such notion.
  virtual std::vector<float> unknown_share(std::span<const std::string_view>) const { return {}; }
};

// A family of models under one `model.type`.
struct Trainer {
  std::string type;                      // "linear-svm"
  std::string doc;
  std::vector<spec::Field> fields;
  std::string backend;                   // "liblinear 2.30": part of the cache key
  Result<TrainReport> (*train)(const TrainRequest& request);
  Result<std::unique_ptr<Classifier>> (*load)(const std::filesystem::path& folder, const Json& model_json);
};

// The ONE list of families (stages/train/trainers.cpp).
const std::vector<Trainer>& trainers();

// A model as the other stages, `predict` and the server use it: cleans, then scores.
class Model {
 public:
  // Errors name what is missing in the folder. `origin` is what messages call it.
  static Result<Model> load(const std::filesystem::path& folder, std::string origin);
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  const Json& description() const;                 // model.json
  const std::vector<std::string>& labels() const;
  const Classifier& classifier() const;
  // Probabilities for texts as people wrote them.
  Result<std::vector<float>> score_raw(std::span<const std::string_view> texts, const CancelToken& cancel) const;
  // Probabilities for the rows of an artifact: uses the cleaned text when the rows were cleaned by this model's recipe, else cleans the raw text.
  Result<std::vector<float>> score(const data::Rows& rows, const CancelToken& cancel) const;

 private:
  struct Impl;
  explicit Model(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mlopsctl::ml
