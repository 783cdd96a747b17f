#include "stages/finetune/fit.hpp"
#include "stages/ml_api.hpp"
#include "stages/train/ensemble.hpp"
#include "stages/train/linear_families.hpp"

namespace mlopsctl::ml {

const std::vector<Trainer>& trainers() {
  static const std::vector<Trainer> families{train::linear_svm(), train::logistic(), train::naive_bayes(),
                                             train::nb_svm(),     finetune::bert(),  train::ensemble()};
  return families;
}

}  // namespace mlopsctl::ml
