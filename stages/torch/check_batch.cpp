#include "stages/torch/check_batch.hpp"

namespace mlopsctl::torch_cpu {
namespace {

Error wrong(std::string what) {
  Error error = stage_error("a batch for the encoder: " + std::move(what));
  error.kind = ErrorKind::internal;
  return error;
}

Status check_labels(const std::vector<int32_t>& labels, int64_t below, size_t expected) {
  if (labels.size() != expected) return wrong(std::to_string(labels.size()) + " labels, expected " + std::to_string(expected));
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels[i] < 0 || labels[i] >= below)
      return wrong("label " + std::to_string(labels[i]) + " at " + std::to_string(i) + ", expected 0 to " + std::to_string(below - 1));
  return {};
}

}  // namespace

Status check_batch(const finetune::NetworkOptions& options, const finetune::Batch& batch, Use use) {
  const auto& s = options.shape;
  if (batch.starts.size() < 2 || batch.starts.front() != 0 || static_cast<size_t>(batch.starts.back()) != batch.tokens())
    return wrong("starts do not span its ids");
  for (size_t text = 0; text < batch.texts(); ++text) {
    const int64_t length = int64_t{batch.starts[text + 1]} - batch.starts[text];
    if (length < 1 || length > s.positions)
      return wrong("text " + std::to_string(text) + " has " + std::to_string(length) + " tokens, expected 1 to " + std::to_string(s.positions));
  }
  for (size_t i = 0; i < batch.tokens(); ++i)
    if (batch.ids[i] < 0 || batch.ids[i] >= s.vocabulary)
      return wrong("token id " + std::to_string(batch.ids[i]) + " at " + std::to_string(i) + ", expected 0 to " + std::to_string(s.vocabulary - 1));
  if (use == Use::score) return {};
  if (options.objective == finetune::Objective::classify) return check_labels(batch.labels, options.classes, batch.texts());
  for (size_t i = 0; i < batch.positions.size(); ++i)
    if (batch.positions[i] < 0 || static_cast<size_t>(batch.positions[i]) >= batch.tokens() || (i > 0 && batch.positions[i] <= batch.positions[i - 1]))
      return wrong("masked position " + std::to_string(batch.positions[i]) + " at " + std::to_string(i) + ", expected rising indices into its tokens");
  return check_labels(batch.labels, s.vocabulary, batch.positions.size());
}

Status check_features(const finetune::NetworkOptions& options, size_t values, const std::vector<int32_t>* labels) {
  const auto hidden = static_cast<size_t>(options.shape.hidden);
  if (options.objective != finetune::Objective::classify) return wrong("features, where masked words are learnt");
  if (values % hidden != 0) return wrong(std::to_string(values) + " features, expected a multiple of " + std::to_string(hidden));
  return labels == nullptr ? Status() : check_labels(*labels, options.classes, values / hidden);
}

}  // namespace mlopsctl::torch_cpu
