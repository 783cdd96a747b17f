#include "stages/train/liblinear.hpp"

#include <cassert>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include <linear.h>

namespace mlopsctl::train {
namespace {

// The library reports only by printing, and through a plain function.
thread_local bool hit_limit = false;
void listen(const char* message) {
  if (std::strstr(message, "reaching max number of iterations") != nullptr) hit_limit = true;
}

std::mutex& library_mutex() {
  static std::mutex mutex;
  return mutex;
}

int solver_type(Solver solver) {
  switch (solver) {
    case Solver::squared_hinge_dual:
      return L2R_L2LOSS_SVC_DUAL;
    case Solver::squared_hinge_primal:
      return L2R_L2LOSS_SVC;
    case Solver::hinge_dual:
      return L2R_L1LOSS_SVC_DUAL;
    case Solver::logistic_primal:
      return L2R_LR;
    case Solver::logistic_dual:
      return L2R_LR_DUAL;
  }
  return L2R_L2LOSS_SVC_DUAL;
}

}  // namespace

struct LinearProblem::Impl {
  int terms = 0;
  std::vector<feature_node> nodes;   // per row: its values, the intercept's 1, the end mark
  std::vector<feature_node*> first;  // of each row
  std::vector<float> values;         // as given, row after row, where they may be rescaled
};

std::string liblinear_version() { return "liblinear " + std::to_string(LIBLINEAR_VERSION / 100) + "." + std::to_string(LIBLINEAR_VERSION % 100); }

LinearProblem::LinearProblem(text::SparseRows&& rows, size_t terms, bool rescalable) : impl_(std::make_unique<Impl>()) {
  const text::SparseRows taken = std::move(rows);
  impl_->terms = static_cast<int>(terms);
  impl_->nodes.reserve(taken.columns.size() + 2 * taken.rows());
  impl_->first.reserve(taken.rows());
  for (size_t row = 0; row < taken.rows(); ++row) {
    impl_->first.push_back(impl_->nodes.data() + impl_->nodes.size());
    for (auto i = static_cast<size_t>(taken.offsets[row]); i < static_cast<size_t>(taken.offsets[row + 1]); ++i)
      impl_->nodes.push_back({taken.columns[i] + 1, static_cast<double>(taken.values[i])});
    impl_->nodes.push_back({impl_->terms + 1, 1.0});
    impl_->nodes.push_back({-1, 0.0});
  }
  if (rescalable) impl_->values = taken.values;
}

LinearProblem::~LinearProblem() = default;
LinearProblem::LinearProblem(LinearProblem&&) noexcept = default;

size_t LinearProblem::rows() const { return impl_->first.size(); }

void LinearProblem::count_rows(const std::vector<bool>& positive, std::span<double> of_positive, std::span<double> of_others) const {
  for (size_t row = 0; row < rows(); ++row) {
    const std::span<double> counts = positive[row] ? of_positive : of_others;
    for (const feature_node* node = impl_->first[row]; node->index <= impl_->terms; ++node) ++counts[static_cast<size_t>(node->index - 1)];
  }
}

void LinearProblem::scale_columns(std::span<const double> factors) {
  auto value = impl_->values.begin();
  for (feature_node& node : impl_->nodes)
    if (node.index >= 1 && node.index <= impl_->terms) node.value = static_cast<double>(*value++) * factors[static_cast<size_t>(node.index - 1)];
}

LinearFit LinearProblem::fit(const std::vector<bool>& positive, const LinearOptions& options, double positive_weight, double negative_weight) const {
  std::vector<double> sides(positive.size());
  for (size_t i = 0; i < sides.size(); ++i) sides[i] = positive[i] ? 1 : -1;
  problem rows{};
  rows.l = static_cast<int>(sides.size());
  rows.n = impl_->terms + 1;
  rows.y = sides.data();
  rows.x = impl_->first.data();
  rows.bias = 1;
  int side[] = {1, -1};
  double weight[] = {positive_weight, negative_weight};
  parameter wanted{};
  wanted.solver_type = solver_type(options.solver);
  wanted.eps = options.tolerance;
  wanted.C = options.c;
  wanted.nr_weight = 2;
  wanted.weight_label = side;
  wanted.weight = weight;
  wanted.p = 0.1;
  assert(check_parameter(&rows, &wanted) == nullptr);

  LinearFit result;
  const std::lock_guard lock(library_mutex());
  set_print_string_function(&listen);
  hit_limit = false;
  std::srand(static_cast<unsigned>(options.seed ^ (options.seed >> 32)));
  model* fitted = ::train(&rows, &wanted);
  // The library lets the class of the first row stand for "positive".
  const double sign = fitted->label[0] == 1 ? 1 : -1;
  result.weight.resize(static_cast<size_t>(impl_->terms));
  for (size_t t = 0; t < result.weight.size(); ++t) result.weight[t] = sign * fitted->w[t];
  result.bias = sign * fitted->w[impl_->terms];
  result.converged = !hit_limit;
  free_and_destroy_model(&fitted);
  return result;
}

std::vector<double> LinearProblem::decisions(const LinearFit& fit) const {
  std::vector<double> result(rows());
  for (size_t row = 0; row < result.size(); ++row) {
    double sum = fit.bias;
    for (const feature_node* node = impl_->first[row]; node->index <= impl_->terms; ++node)
      sum += node->value * fit.weight[static_cast<size_t>(node->index - 1)];
    result[row] = sum;
  }
  return result;
}

}  // namespace mlopsctl::train
