#include "stages/train/linear_model.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <span>

#include "stages/train/parallel.hpp"
#include "stages/weights/safetensors.hpp"

namespace mlopsctl::train {
namespace {

constexpr size_t kTextsAtOnce = 256;  // per thread: bounds the memory of their sparse rows

double log_sigmoid(double z) { return z >= 0 ? -std::log1p(std::exp(-z)) : z - std::log1p(std::exp(z)); }

class LinearClassifier final : public ml::Classifier {
 public:
  LinearClassifier(text::Vectorizer vectorizer, LinearWeights weights, Link link, size_t labels)
      : vectorizer_(std::move(vectorizer)), weights_(std::move(weights)), link_(link), labels_(labels) {}

  bool cheap() const override { return true; }
  ml::ScoreKind score_kind() const override { return link_ == Link::margin ? ml::ScoreKind::margin : ml::ScoreKind::log_probability; }

  Result<std::vector<double>> scores(std::span<const std::string_view> texts, const CancelToken& cancel, std::vector<float>* unknown) const override {
    std::vector<double> result(texts.size() * labels_);
    if (unknown != nullptr) unknown->resize(texts.size());
    for_ranges(texts.size(), kTextsAtOnce, [&](size_t begin, size_t end) {
      if (cancel.cancelled()) return;
      std::vector<float> shares;
      const text::SparseRows rows = vectorizer_.transform(texts.subspan(begin, end - begin), unknown == nullptr ? nullptr : &shares);
      if (unknown != nullptr) std::copy(shares.begin(), shares.end(), unknown->begin() + static_cast<std::ptrdiff_t>(begin));
      for (size_t row = 0; row < rows.rows(); ++row) score_row(rows, row, std::span(result).subspan((begin + row) * labels_, labels_));
    });
    if (cancel.cancelled()) return Error{ErrorKind::interrupted, "cancelled while scoring", {}, {}, {}, {}, {}};
    return result;
  }

 private:
  void score_row(const text::SparseRows& rows, size_t row, std::span<double> out) const {
    const size_t columns = weights_.columns;
    const std::span<double> sums = out.last(columns);
    std::copy(weights_.bias.begin(), weights_.bias.end(), sums.begin());
    for (auto i = static_cast<size_t>(rows.offsets[row]); i < static_cast<size_t>(rows.offsets[row + 1]); ++i) {
      const float* weight = weights_.weight.data() + static_cast<size_t>(rows.columns[i]) * columns;
      const double value = static_cast<double>(rows.values[i]);
      for (size_t k = 0; k < columns; ++k) sums[k] += value * static_cast<double>(weight[k]);
    }
    if (columns < labels_) out[0] = -out[1];
    if (link_ == Link::logistic)
      for (double& value : out) value = log_sigmoid(value);
  }

  text::Vectorizer vectorizer_;
  LinearWeights weights_;
  Link link_;
  size_t labels_;
};

}  // namespace

std::vector<spec::Field> linear_fields(std::vector<spec::Field> own, const Json& defaults) {
  std::vector<spec::Field> fields = text::vectorizer_fields();
  for (spec::Field& field : fields)
    if (defaults.contains(field.name)) field.default_value = defaults[field.name];
  std::move(own.begin(), own.end(), std::back_inserter(fields));
  return fields;
}

Json vectorizer_params(const Json& params) {
  Json result = Json::object();
  for (const spec::Field& field : text::vectorizer_fields())
    if (params.contains(field.name)) result[field.name] = params[field.name];
  return result;
}

std::unique_ptr<ml::Classifier> make_linear_classifier(text::Vectorizer vectorizer, LinearWeights weights, Link link, size_t labels) {
  return std::make_unique<LinearClassifier>(std::move(vectorizer), std::move(weights), link, labels);
}

Status finish_linear(const ml::TrainRequest& request, text::Vectorizer vectorizer, LinearWeights weights, Link link, ml::TrainReport& report) {
  request.progress(0.9, "writing the model");
  TRY(vectorizer.save_vocabulary((request.folder / "vocab.txt").string()));
  const auto terms = static_cast<int64_t>(weights.terms), columns = static_cast<int64_t>(weights.columns);
  weights::SafeTensorsWriter writer;
  writer.add<float>("weight", {terms, columns}, weights.weight);
  writer.add<double>("bias", {columns}, weights.bias);
  if (!vectorizer.idf().empty()) writer.add<double>("idf", {terms}, vectorizer.idf());
  TRY(writer.save(request.folder / "weights.safetensors"));
  report.family = {{"vectorizer", vectorizer.params()}, {"terms", weights.terms}};
  report.metrics["terms"] = static_cast<double>(weights.terms);
  report.classifier = make_linear_classifier(std::move(vectorizer), std::move(weights), link, request.labels.size());
  return {};
}

Result<std::unique_ptr<ml::Classifier>> load_linear(const std::filesystem::path& folder, const Json& model_json, Link link) {
  const Json& family = model_json["family"];
  if (!family.contains("vectorizer")) return stage_error("model.json: family.vectorizer is missing");
  TRY_ASSIGN(const auto file, weights::SafeTensors::open(folder / "weights.safetensors", "weights.safetensors"));
  const size_t labels = model_json["labels"].size();
  LinearWeights weights;
  TRY_ASSIGN(weights.bias, file.read<double>("bias", {-1}));
  weights.columns = weights.bias.size();
  const bool fits = link == Link::joint ? weights.columns == labels : weights.columns == (labels == 2 ? 1 : labels);
  if (!fits) return stage_error("weights.safetensors: " + std::to_string(weights.columns) + " columns do not fit " + std::to_string(labels) + " labels");
  TRY_ASSIGN(weights.weight, file.read<float>("weight", {-1, static_cast<int64_t>(weights.columns)}));
  weights.terms = weights.weight.size() / weights.columns;
  std::vector<double> idf;
  if (file.find("idf") != nullptr) { TRY_ASSIGN(idf, file.read<double>("idf", {static_cast<int64_t>(weights.terms)})); }
  TRY_ASSIGN(auto vectorizer, text::Vectorizer::load(family["vectorizer"], (folder / "vocab.txt").string(), std::move(idf)));
  if (vectorizer.size() != weights.terms)
    return stage_error("vocab.txt has " + std::to_string(vectorizer.size()) + " terms, weights.safetensors has " + std::to_string(weights.terms));
  return make_linear_classifier(std::move(vectorizer), std::move(weights), link, labels);
}

double decision_accuracy(const std::vector<double>& decisions, size_t columns, const std::vector<int>& labels) {
  size_t right = 0;
  for (size_t row = 0; row < labels.size(); ++row) {
    const auto begin = decisions.begin() + static_cast<std::ptrdiff_t>(row * columns);
    const auto answer = columns == 1 ? (*begin > 0 ? 1 : 0) : std::max_element(begin, begin + static_cast<std::ptrdiff_t>(columns)) - begin;
    right += answer == labels[row];
  }
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

}  // namespace mlopsctl::train
