#include "stages/evaluate/judged_rows.hpp"

#include "stages/train/examples.hpp"

namespace mlopsctl::evaluate {

Result<Judged> judge_rows(const ml::Model& model, const std::vector<RowsInput>& inputs, const CancelToken& cancel) {
  const size_t classes = model.labels().size();
  Judged judged;
  for (const RowsInput& input : inputs) {
    auto examples = train::examples_of(input.rows, model.labels(), input.origin);
    if (!examples) return std::move(examples).error().note("while judging the model " + model.origin());
    TRY_ASSIGN(const auto probabilities, model.score(input.rows, cancel));
    judged.given.insert(judged.given.end(), examples->labels.begin(), examples->labels.end());
    judged.probabilities.insert(judged.probabilities.end(), probabilities.begin(), probabilities.end());
    for (size_t i = 0; i < input.rows.size(); ++i) judged.predicted.push_back(ml::best(std::span(probabilities).subspan(i * classes, classes)));
  }
  if (judged.given.empty()) return stage_error("there are no rows to judge the model " + model.origin() + " on");
  for (size_t i = 0; i < judged.given.size(); ++i) judged.right.push_back(judged.given[i] == judged.predicted[i]);
  judged.metrics = measure(judged.given, judged.probabilities, classes);
  return judged;
}

}  // namespace mlopsctl::evaluate
