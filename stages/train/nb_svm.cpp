#include <cmath>
#include <numeric>

#include "stages/train/linear_families.hpp"
#include "stages/train/one_vs_rest.hpp"

namespace mlopsctl::train {
namespace {

// r = log((p / |p|) / (q / |q|)), p = alpha + how many of the class's rows hold each term, q the same of the others (Wang and Manning 2012, section 2).
std::vector<double> log_count_ratio(const LinearProblem& problem, const std::vector<bool>& positive, size_t terms, double alpha) {
  std::vector<double> p(terms, alpha), q(terms, alpha);
  problem.count_rows(positive, p, q);
  const double scale = std::log(std::accumulate(p.begin(), p.end(), 0.0)) - std::log(std::accumulate(q.begin(), q.end(), 0.0));
  for (size_t t = 0; t < terms; ++t) p[t] = std::log(p[t]) - std::log(q[t]) - scale;
  return p;
}

// w' = (1 - beta) mean|w| + beta w (section 2.4), then r folded in, so that the weights fit unscaled rows.
void interpolate(std::vector<double>& weight, const std::vector<double>& ratio, double beta) {
  double magnitude = 0;
  for (const double w : weight) magnitude += std::abs(w);
  const double mean = magnitude / static_cast<double>(weight.size());
  for (size_t t = 0; t < weight.size(); ++t) weight[t] = ratio[t] * ((1 - beta) * mean + beta * weight[t]);
}

Result<ml::TrainReport> fit(const ml::TrainRequest& request) {
  ml::TrainReport report;
  const double alpha = request.params["alpha"].get<double>(), beta = request.params["beta"].get<double>();
  request.progress(0, "counting terms");
  TRY_ASSIGN(auto vectorizer, text::Vectorizer::make(vectorizer_params(request.params)));
  TRY_ASSIGN(auto rows, vectorizer.fit_transform(request.train.texts, request.cancel));
  const size_t terms = vectorizer.size();
  LinearProblem problem(std::move(rows), terms, true);
  std::vector<double> ratio;
  const ColumnSteps steps{
      [&](LinearProblem& each, const std::vector<bool>& positive) {
        ratio = log_count_ratio(each, positive, terms, alpha);
        each.scale_columns(ratio);
      },
      [&](LinearFit& fitted) { interpolate(fitted.weight, ratio, beta); },
  };
  const Solver solver = request.params["loss"] == "logistic" ? Solver::logistic_dual : Solver::squared_hinge_dual;
  TRY_ASSIGN(auto weights, fit_one_vs_rest(request, problem, terms, linear_options(request.params, solver, request.seed), steps, report));
  TRY(finish_linear(request, std::move(vectorizer), std::move(weights), Link::margin, report));
  return report;
}

}  // namespace

ml::Trainer nb_svm() {
  using spec::choice, spec::number, spec::with_default;
  std::vector<spec::Field> own = liblinear_fields();
  own.push_back(with_default("alpha", number(1e-10, 1e6, "1"), 1.0, "Added to every count of the log-count ratio."));
  own.push_back(with_default("beta", number(0, 1, "0.25"), 1.0,
                             "1: the fitted weights alone; 0: naive Bayes with one strength for all terms; the paper's 0.25 suits unscaled uni- and bigrams."));
  own.push_back(with_default("loss", choice({"squared_hinge", "logistic"}), "squared_hinge", "What an error costs by its distance from the right side."));
  return {"nb-svm",
          "Linear support vector machine on n-grams scaled by naive Bayes log-count ratios (Wang and Manning 2012).",
          linear_fields(std::move(own), {{"ngrams", {1, 3}}, {"weighting", "tf"}, {"binary", true}}),
          liblinear_version(),
          nullptr,
          &fit,
          [](const auto& folder, const Json& json) { return load_linear(folder, json, Link::margin); }};
}

}  // namespace mlopsctl::train
