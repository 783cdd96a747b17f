#include <cmath>

#include "stages/train/linear_families.hpp"
#include "stages/train/linear_model.hpp"

namespace mlopsctl::train {
namespace {

// Log priors and smoothed log likelihoods (Manning, Raghavan and Schuetze 2008, section 13.2; scikit-learn's MultinomialNB).
LinearWeights estimate(const text::SparseRows& rows, const std::vector<int>& labels, size_t terms, size_t classes, double alpha) {
  std::vector<double> counts(terms * classes, alpha), totals(classes, alpha * static_cast<double>(terms)), priors(classes, 0);
  for (size_t row = 0; row < rows.rows(); ++row) {
    const auto k = static_cast<size_t>(labels[row]);
    ++priors[k];
    for (auto i = static_cast<size_t>(rows.offsets[row]); i < static_cast<size_t>(rows.offsets[row + 1]); ++i) {
      counts[static_cast<size_t>(rows.columns[i]) * classes + k] += static_cast<double>(rows.values[i]);
      totals[k] += static_cast<double>(rows.values[i]);
    }
  }
  LinearWeights weights;
  weights.terms = terms;
  weights.columns = classes;
  weights.weight.resize(terms * classes);
  for (size_t i = 0; i < counts.size(); ++i) weights.weight[i] = static_cast<float>(std::log(counts[i]) - std::log(totals[i % classes]));
  for (const double rows_of_class : priors) weights.bias.push_back(std::log(rows_of_class) - std::log(static_cast<double>(rows.rows())));
  return weights;
}

double train_accuracy(const LinearWeights& weights, const text::SparseRows& rows, const std::vector<int>& labels) {
  std::vector<double> decisions;
  decisions.reserve(rows.rows() * weights.columns);
  for (size_t row = 0; row < rows.rows(); ++row) {
    const size_t begin = decisions.size();
    decisions.insert(decisions.end(), weights.bias.begin(), weights.bias.end());
    for (auto i = static_cast<size_t>(rows.offsets[row]); i < static_cast<size_t>(rows.offsets[row + 1]); ++i)
      for (size_t k = 0; k < weights.columns; ++k)
        decisions[begin + k] +=
            static_cast<double>(rows.values[i]) * static_cast<double>(weights.weight[static_cast<size_t>(rows.columns[i]) * weights.columns + k]);
  }
  return decision_accuracy(decisions, weights.columns, labels);
}

Result<ml::TrainReport> fit(const ml::TrainRequest& request) {
  ml::TrainReport report;
  request.progress(0, "counting terms");
  TRY_ASSIGN(auto vectorizer, text::Vectorizer::make(vectorizer_params(request.params)));
  TRY_ASSIGN(const auto rows, vectorizer.fit_transform(request.train.texts, request.cancel));
  request.progress(0.6, "estimating likelihoods");
  LinearWeights weights = estimate(rows, request.train.labels, vectorizer.size(), request.labels.size(), request.params["alpha"].get<double>());
  report.metrics["train_accuracy"] = train_accuracy(weights, rows, request.train.labels);
  TRY(finish_linear(request, std::move(vectorizer), std::move(weights), Link::joint, report));
  return report;
}

}  // namespace

ml::Trainer naive_bayes() {
  return {"naive-bayes",
          "Multinomial naive Bayes on n-grams (scikit-learn's MultinomialNB).",
          linear_fields({spec::with_default("alpha", spec::number(1e-10, 1e6, "1"), 1.0, "Added to every count, so that no term is impossible.")},
                        {{"weighting", "counts"}}),
          "",
          nullptr,
          &fit,
          [](const auto& folder, const Json& json) { return load_linear(folder, json, Link::joint); }};
}

}  // namespace mlopsctl::train
