#include "stages/train/linear_families.hpp"
#include "stages/train/one_vs_rest.hpp"

namespace mlopsctl::train {
namespace {

Status check(const Json& params, const Json&) {
  if (params["loss"] == "hinge" && params["solver"] == "primal") {
    Error fault = config_error("the primal solver cannot fit the hinge loss").with_hint("use solver: dual, or loss: squared_hinge");
    fault.field = "model.solver";
    return fault;
  }
  return {};
}

Solver solver(const Json& params) {
  if (params["loss"] == "hinge") return Solver::hinge_dual;
  return params["solver"] == "primal" ? Solver::squared_hinge_primal : Solver::squared_hinge_dual;
}

Result<ml::TrainReport> fit(const ml::TrainRequest& request) {
  TRY(check(request.params, nullptr));
  ml::TrainReport report;
  request.progress(0, "counting terms");
  TRY_ASSIGN(auto vectorizer, text::Vectorizer::make(vectorizer_params(request.params)));
  TRY_ASSIGN(auto rows, vectorizer.fit_transform(request.train.texts, request.cancel));
  LinearProblem problem(std::move(rows), vectorizer.size(), false);
  const LinearOptions options = linear_options(request.params, solver(request.params), request.seed);
  TRY_ASSIGN(auto weights, fit_one_vs_rest(request, problem, vectorizer.size(), options, {}, report));
  TRY(finish_linear(request, std::move(vectorizer), std::move(weights), Link::margin, report));
  return report;
}

}  // namespace

ml::Trainer linear_svm() {
  using spec::choice, spec::with_default;
  std::vector<spec::Field> own = liblinear_fields();
  own.push_back(with_default("loss", choice({"squared_hinge", "hinge"}), "squared_hinge", "What an error costs by its distance from the right side."));
  own.push_back(with_default("solver", choice({"dual", "primal"}), "dual", "dual is faster with more terms than rows; primal draws no random numbers."));
  return {"linear-svm",
          "Linear support vector machine on n-grams, one class against the rest (scikit-learn's LinearSVC).",
          linear_fields(std::move(own)),
          liblinear_version(),
          &check,
          &fit,
          [](const auto& folder, const Json& json) { return load_linear(folder, json, Link::margin); }};
}

}  // namespace mlopsctl::train
