// LIBLINEAR (Fan et al. 2008) behind one class: sparse rows in, one weight vector per two-class problem out. As in scikit-learn the
// intercept is the weight of one more feature of value 1 and is regularised with the rest.
//
// The library prints and draws from the process's rand(): it is silenced, seeded before each fit and used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stages/text/vectorizer.hpp"

namespace mlopsctl::train {

enum class Solver { squared_hinge_dual, squared_hinge_primal, hinge_dual, logistic_primal, logistic_dual };

struct LinearOptions {
  Solver solver = Solver::squared_hinge_dual;
  double c = 1;
  double tolerance = 1e-4;
  uint64_t seed = 0;
};

struct LinearFit {
  std::vector<double> weight;  // one per term; positive speaks for the positive class
  double bias = 0;
  bool converged = true;  // false: the solver stopped at its own limit of iterations (1,000)
};

// The library's name and version, for cache keys.
std::string liblinear_version();

// Training rows in the library's form (16 bytes per value), kept for several fits.
class LinearProblem {
 public:
  // Frees the sparse rows. With `rescalable`, keeps the values (4 bytes each) for scale_columns.
  LinearProblem(text::SparseRows&& rows, size_t terms, bool rescalable);
  ~LinearProblem();
  LinearProblem(LinearProblem&&) noexcept;

  size_t rows() const;
  // Adds to each term the number of positive, and of other, rows that hold it.
  void count_rows(const std::vector<bool>& positive, std::span<double> of_positive, std::span<double> of_others) const;
  // Every value becomes the original value times the factor of its column.
  void scale_columns(std::span<const double> factors);
  // Separates `positive` rows from the others; each side's errors are weighed by c times its weight. Both sides must have rows.
  LinearFit fit(const std::vector<bool>& positive, const LinearOptions& options, double positive_weight, double negative_weight) const;
  // weight . row + bias for every row.
  std::vector<double> decisions(const LinearFit& fit) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mlopsctl::train
