#include "stages/train/one_vs_rest.hpp"

namespace mlopsctl::train {
namespace {

// scikit-learn's "balanced": rows / (classes x rows of the class).
std::vector<double> class_weights(const ml::TrainRequest& request) {
  std::vector<double> weights(request.labels.size(), 1);
  if (request.params["class_weight"] != "balanced") return weights;
  std::vector<double> counts(weights.size(), 0);
  for (const int label : request.train.labels) ++counts[static_cast<size_t>(label)];
  for (size_t k = 0; k < weights.size(); ++k) weights[k] = static_cast<double>(request.train.size()) / (static_cast<double>(weights.size()) * counts[k]);
  return weights;
}

}  // namespace

std::vector<spec::Field> liblinear_fields() {
  using spec::choice, spec::number, spec::with_default;
  return {
      with_default("c", number(1e-9, 1e9, "1"), 1.0, "How much errors on training rows cost against large weights."),
      with_default("tolerance", number(1e-15, 1, "0.0001"), 1e-4, "When the solver stops; smaller is more exact and slower."),
      with_default("class_weight", choice({"none", "balanced"}), "none", "balanced: errors on rare classes cost more, as in scikit-learn."),
  };
}

LinearOptions linear_options(const Json& params, Solver solver, uint64_t seed) {
  return {solver, params["c"].get<double>(), params["tolerance"].get<double>(), seed};
}

Result<LinearWeights> fit_one_vs_rest(const ml::TrainRequest& request, LinearProblem& problem, size_t terms, const LinearOptions& options,
                                      const ColumnSteps& steps, ml::TrainReport& report) {
  const size_t classes = request.labels.size();
  const std::vector<double> weights = class_weights(request);
  LinearWeights result;
  result.terms = terms;
  result.columns = classes == 2 ? 1 : classes;
  result.weight.resize(terms * result.columns);
  result.bias.resize(result.columns);
  std::vector<double> decisions(problem.rows() * result.columns);
  for (size_t column = 0; column < result.columns; ++column) {
    if (request.cancel.cancelled()) return Error{ErrorKind::interrupted, "cancelled while fitting", {}, {}, {}, {}, {}};
    const size_t target = classes == 2 ? 1 : column;
    request.progress(0.3 + 0.6 * static_cast<double>(column) / static_cast<double>(result.columns), "fitting " + request.labels[target]);
    std::vector<bool> positive(problem.rows());
    for (size_t row = 0; row < positive.size(); ++row) positive[row] = request.train.labels[row] == static_cast<int>(target);
    if (steps.prepare) steps.prepare(problem, positive);
    // As scikit-learn: with more than two classes only the class in question is weighed.
    LinearFit fit = problem.fit(positive, options, weights[target], classes == 2 ? weights[0] : 1);
    if (!fit.converged)
      report.warnings.push_back("the solver stopped before it reached tolerance " + request.params["tolerance"].dump() + " for label \"" +
                                request.labels[target] + "\"; a smaller c or a larger tolerance helps");
    const std::vector<double> values = problem.decisions(fit);
    if (steps.finish) steps.finish(fit);
    for (size_t row = 0; row < values.size(); ++row) decisions[row * result.columns + column] = values[row];
    for (size_t t = 0; t < terms; ++t) result.weight[t * result.columns + column] = static_cast<float>(fit.weight[t]);
    result.bias[column] = fit.bias;
  }
  report.metrics["train_accuracy"] = decision_accuracy(decisions, result.columns, request.train.labels);
  return result;
}

}  // namespace mlopsctl::train
