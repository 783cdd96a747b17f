#include "stages/serve/web/served.hpp"

#include <algorithm>

namespace mlopsctl::serve::web {

void Served::observe(const Outcome& outcome) {
  if (!outcome.model || outcome.labels.empty()) return;
  const size_t labels = outcome.model->model.labels().size();
  const std::lock_guard lock(mutex_);
  if (model_ != outcome.model->digest) {
    model_ = outcome.model->digest;
    answers_.clear();
  }
  for (size_t text = 0; text < outcome.labels.size(); ++text) {
    const auto label = static_cast<size_t>(outcome.labels[text]);
    const double confidence = std::clamp(double{outcome.probabilities[text * labels + label]}, 0.0, 1.0);
    const auto bin = std::min(static_cast<size_t>(confidence * train::kConfidenceBins), train::kConfidenceBins - 1);
    answers_.push_back({static_cast<uint16_t>(label), static_cast<uint16_t>(bin)});
    if (answers_.size() > kWindow) answers_.pop_front();
  }
}

train::Profile Served::window(const LiveModel& model) const {
  train::Profile profile;
  profile.source = "served";
  profile.labels = model.model.labels();
  profile.predicted.assign(profile.labels.size(), 0);
  profile.confidence.assign(train::kConfidenceBins, 0);
  const std::lock_guard lock(mutex_);
  if (model_ != model.digest) return profile;
  for (const Answer& answer : answers_) {
    ++profile.predicted[answer.label];
    ++profile.confidence[answer.bin];
  }
  profile.rows = static_cast<int64_t>(answers_.size());
  return profile;
}

}  // namespace mlopsctl::serve::web
