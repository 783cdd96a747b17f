// What all bag-of-words families share: a vectorizer, a weight per term and class, and a folder to keep them in
// (vocab.txt, weights.safetensors: "weight" F32 [terms, columns], "bias" F64 [columns], "idf" F64 [terms] where weighted).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "stages/ml_api.hpp"
#include "stages/text/vectorizer.hpp"

namespace mlopsctl::train {

// One column per class, or for two classes of a one-against-the-rest family a single one that speaks for the second class.
struct LinearWeights {
  size_t terms = 0, columns = 0;
  std::vector<float> weight;  // terms x columns, row-major: scoring a text is one pass over its terms
  std::vector<double> bias;   // columns
};

// How decision values become a Classifier's scores.
enum class Link {
  margin,    // as they are
  logistic,  // each is the log odds of its class against the rest: log of the sigmoid
  joint      // log joint likelihoods: as they are
};

// The fields of the vectorizer followed by the family's own. `defaults` replaces defaults of the vectorizer's fields.
std::vector<spec::Field> linear_fields(std::vector<spec::Field> own, const Json& defaults = Json::object());
// The part of a family's parameters that is the vectorizer's.
Json vectorizer_params(const Json& params);

std::unique_ptr<ml::Classifier> make_linear_classifier(text::Vectorizer vectorizer, LinearWeights weights, Link link, size_t labels);

// Writes the folder's files and completes the report with "family" and the classifier.
Status finish_linear(const ml::TrainRequest& request, text::Vectorizer vectorizer, LinearWeights weights, Link link, ml::TrainReport& report);
Result<std::unique_ptr<ml::Classifier>> load_linear(const std::filesystem::path& folder, const Json& model_json, Link link);

// Share of `labels` that the highest of the rows' decision values names; columns as in LinearWeights.
double decision_accuracy(const std::vector<double>& decisions, size_t columns, const std::vector<int>& labels);

}  // namespace mlopsctl::train
