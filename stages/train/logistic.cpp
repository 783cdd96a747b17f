#include "stages/train/linear_families.hpp"
#include "stages/train/one_vs_rest.hpp"

namespace mlopsctl::train {
namespace {

Result<ml::TrainReport> fit(const ml::TrainRequest& request) {
  ml::TrainReport report;
  request.progress(0, "counting terms");
  TRY_ASSIGN(auto vectorizer, text::Vectorizer::make(vectorizer_params(request.params)));
  TRY_ASSIGN(auto rows, vectorizer.fit_transform(request.train.texts, request.cancel));
  LinearProblem problem(std::move(rows), vectorizer.size(), false);
  const Solver solver = request.params["solver"] == "dual" ? Solver::logistic_dual : Solver::logistic_primal;
  TRY_ASSIGN(auto weights, fit_one_vs_rest(request, problem, vectorizer.size(), linear_options(request.params, solver, request.seed), {}, report));
  TRY(finish_linear(request, std::move(vectorizer), std::move(weights), Link::logistic, report));
  return report;
}

}  // namespace

ml::Trainer logistic() {
  using spec::choice, spec::with_default;
  std::vector<spec::Field> own = liblinear_fields();
  own.push_back(with_default("solver", choice({"primal", "dual"}), "primal", "primal draws no random numbers; dual is often faster."));
  return {"logistic",
          "Logistic regression on n-grams, one class against the rest (scikit-learn's with solver liblinear).",
          linear_fields(std::move(own)),
          liblinear_version(),
          nullptr,
          &fit,
          [](const auto& folder, const Json& json) { return load_linear(folder, json, Link::logistic); }};
}

}  // namespace mlopsctl::train
