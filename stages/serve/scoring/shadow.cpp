#include "stages/serve/scoring/shadow.hpp"

#include <cmath>

#include "stages/serve/scoring/score.hpp"

namespace mlopsctl::serve {

Shadow::Shadow(std::unique_ptr<ModelKeeper> keeper, std::function<void(const BatchNote&)> on_batch)
    : keeper_(std::move(keeper)), on_batch_(std::move(on_batch)), thread_([this] { run(); }) {}

Shadow::~Shadow() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Shadow::offer(const Scored& scored) {
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || (texts_ > 0 && texts_ + scored.texts.size() > most_texts)) {
    skipped_ += scored.texts.size();
    return;
  }
  texts_ += scored.texts.size();
  copies_.push_back({scored.texts, scored.probabilities, scored.model});
  lock.unlock();
  changed_.notify_one();
}

Agreement Shadow::agreement() const {
  const auto model = keeper_->current();
  const std::lock_guard lock(mutex_);
  Agreement result;
  if (shown_ == model->digest) result = agreement_;
  result.model = model->name;
  result.digest = model->digest;
  result.skipped = skipped_;
  result.mean_distance = result.compared == 0 ? 0 : distance_ / static_cast<double>(result.compared);
  return result;
}

void Shadow::settle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return copies_.empty() && idle_; });
}

void Shadow::run() {
  lowest_priority();
  std::unique_lock lock(mutex_);
  while (true) {
    idle_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return ending_ || !copies_.empty(); });
    if (ending_) return;
    idle_ = false;
    const Copy copy = std::move(copies_.front());
    copies_.pop_front();
    texts_ -= copy.texts.size();
    lock.unlock();
    compare(copy, *keeper_->current());
    lock.lock();
  }
}

void Shadow::compare(const Copy& copy, const LiveModel& model) {
  const size_t labels = model.model.labels().size();
  const std::vector<std::string_view> views(copy.texts.begin(), copy.texts.end());
  const auto start = std::chrono::steady_clock::now();
  const auto own = score(model.model, views);
  if (!own || model.model.labels() != copy.model->model.labels()) {
    skipped_ += copy.texts.size();
    return;
  }
  if (on_batch_) on_batch_({1, copy.texts.size(), 0, std::chrono::steady_clock::now() - start, true});
  const std::lock_guard lock(mutex_);
  if (shown_ != model.digest || answered_ != copy.model->digest) {
    if (!shown_.empty()) skipped_ = 0;
    shown_ = model.digest, answered_ = copy.model->digest;
    agreement_ = {};
    distance_ = 0;
  }
  for (size_t text = 0; text < copy.texts.size(); ++text) {
    const auto row = [&](const std::vector<float>& all) { return std::span(all).subspan(text * labels, labels); };
    ++agreement_.compared;
    agreement_.agreed += ml::best(row(*own)) == ml::best(row(copy.probabilities));
    double apart = 0;
    for (size_t k = 0; k < labels; ++k) apart += std::abs(static_cast<double>(row(*own)[k]) - static_cast<double>(row(copy.probabilities)[k]));
    distance_ += apart / 2;
  }
}

}  // namespace mlopsctl::serve
