#include "stages/serve/scoring/batch_scorer.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "pipeline/base/parallel.hpp"
#include "stages/serve/scoring/model_keeper.hpp"
#include "stages/serve/scoring/score.hpp"
#include "stages/serve/scoring/shadow.hpp"

namespace mlopsctl::serve {
namespace {

class Server final : public BatchScorer {
 public:
  Server(ScoringOptions options, std::unique_ptr<ModelKeeper> keeper, std::unique_ptr<Shadow> shadow)
      : options_(std::move(options)), keeper_(std::move(keeper)), shadow_(std::move(shadow)), waiting_(options_.limits) {
    for (int i = 0; i < options_.workers; ++i) workers_.emplace_back([this] { work(); });
    if (options_.watch.count() == 0) return;
    keeper_->watch(options_.watch);
    if (shadow_) shadow_->keeper().watch(options_.watch);
  }

  ~Server() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = ending_ = true;
    }
    arrived_.notify_all();
    for (auto& worker : workers_) worker.join();
  }

  void submit(std::vector<std::string> texts, SteadyTime deadline, Done done) override {
    auto model = keeper_->current();
    const ml::Classifier& classifier = model->model.classifier();
    size_t bytes = 0;
    for (const std::string& text : texts) bytes += text.size();
    if (texts.empty()) {
      Scored nothing;
      nothing.model = std::move(model);
      return done(&nothing, nullptr);
    }
    if (bytes <= options_.inline_bytes && classifier.cheap() && !stopping_.load(std::memory_order_relaxed))
      return score_here(std::move(model), std::move(texts), deadline, done);

    auto job = std::make_shared<Job>();
    job->tokens.reserve(texts.size());
    for (const std::string& text : texts) {
      job->tokens.push_back(static_cast<uint32_t>(std::min<size_t>(std::max<size_t>(1, classifier.tokens(text)), 1U << 20U)));
      job->all_tokens += job->tokens.back();
    }
    job->texts = std::move(texts);
    job->deadline = deadline;
    job->arrived = options_.now();
    job->done = std::move(done);
    std::optional<NotScored> refused;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) refused = NotScored{NotScored::Why::stopping, "the server is going down", 1};
      else if (waiting_.full()) refused = NotScored{NotScored::Why::queue_full, "too many texts wait already", seconds_until_free()};
      else waiting_.add(job);
    }
    if (!refused) return arrived_.notify_one();
    if (refused->why == NotScored::Why::queue_full) ++queue_full_;
    job->done(nullptr, &*refused);
  }

  std::shared_ptr<const LiveModel> current() const override { return keeper_->current(); }

  ScorerStats stats() const override {
    ScorerStats all;
    {
      const std::lock_guard lock(mutex_);
      all.requests_waiting = waiting_.requests();
      all.tokens_waiting = waiting_.tokens();
    }
    all.batches = batches_, all.texts = texts_, all.tokens = tokens_;
    all.queue_full = queue_full_, all.late = late_, all.failed = failed_;
    all.swaps = keeper_->swaps(), all.refused_models = keeper_->refused(), all.refusal = keeper_->refusal();
    if (shadow_) all.shadow = shadow_->agreement();
    return all;
  }

  void stop() override {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }

  Status refresh() override {
    const Status live = keeper_->refresh();
    const Status shadow = shadow_ ? shadow_->keeper().refresh() : Status();
    return live ? shadow : live;
  }

 private:
  void score_here(std::shared_ptr<const LiveModel> model, std::vector<std::string> texts, SteadyTime deadline, const Done& done) {
    const SteadyTime start = options_.now();
    if (deadline <= start) {
      ++late_;
      const NotScored late{NotScored::Why::deadline, "its deadline passed before it was scored", 1};
      return done(nullptr, &late);
    }
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    auto probabilities = score(model->model, views);
    if (!probabilities) return fail(done, probabilities.error());
    Scored scored{std::move(model), std::move(*probabilities), std::move(texts), {}, options_.now() - start, 0, views.size()};
    for (const std::string& text : scored.texts) scored.tokens += scored.model->model.classifier().tokens(text);
    count({1, scored.texts.size(), scored.tokens, scored.scoring});
    if (shadow_) shadow_->offer(scored);
    done(&scored, nullptr);
  }

  void fail(const Done& done, const Error& error) {
    ++failed_;
    const NotScored failed{NotScored::Why::failed, error.message, 1};
    done(nullptr, &failed);
  }

  void count(const BatchNote& note) {
    ++batches_;
    texts_ += note.texts;
    tokens_ += note.tokens;
    if (options_.on_batch) options_.on_batch(note);
  }

  // When half of what waits will be gone, by the pace of late.
  int seconds_until_free() const {
    const double seconds = seconds_a_token_ * static_cast<double>(waiting_.tokens()) / 2 / static_cast<double>(workers_.size());
    return static_cast<int>(std::clamp(seconds + 1, 1.0, 30.0));
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      arrived_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      Batch batch = waiting_.form(options_.now(), keeper_->current());
      const bool more = !waiting_.empty();
      lock.unlock();
      if (more) arrived_.notify_one();
      for (const auto& job : batch.late) {
        ++late_;
        job->done(nullptr, &*job->fault);
      }
      if (batch.texts > 0) score_batch(std::move(batch));
      lock.lock();
    }
  }

  void score_batch(Batch batch) {
    std::vector<std::string_view> views;
    views.reserve(batch.texts);
    for (const auto& part : batch.parts)
      views.insert(views.end(), part.job->texts.begin() + static_cast<long>(part.begin), part.job->texts.begin() + static_cast<long>(part.end));
    const SteadyTime start = options_.now();
    const auto probabilities = score(batch.model->model, views);
    const SteadyTime end = options_.now();
    count({batch.parts.size(), batch.texts, batch.tokens, end - start});
    std::vector<std::shared_ptr<Job>> finished;
    {
      const std::lock_guard lock(mutex_);
      waiting_.scored(batch.tokens);
      if (batch.tokens > 0)
        seconds_a_token_ += 0.1 * (std::chrono::duration<double>(end - start).count() / static_cast<double>(batch.tokens) - seconds_a_token_);
      const size_t labels = batch.model->model.labels().size();
      size_t from = 0;
      for (const auto& [job, begin, stop] : batch.parts) {
        if (!job->fault && !probabilities) {
          job->fault = NotScored{NotScored::Why::failed, probabilities.error().message, 1};
          finished.push_back(job);
        } else if (!job->fault) {
          job->probabilities.resize(job->texts.size() * labels);
          std::copy_n(probabilities->begin() + static_cast<long>(from * labels), (stop - begin) * labels,
                      job->probabilities.begin() + static_cast<long>(begin * labels));
          job->batch_texts = std::max(job->batch_texts, batch.texts);
          job->scored += stop - begin;
          if (job->scored == job->texts.size()) finished.push_back(job);
        }
        from += stop - begin;
      }
    }
    batch.parts.clear();
    for (auto& job : finished) answer(*job, end);
  }

  void answer(Job& job, SteadyTime end) {
    if (job.fault) {
      ++failed_;
      return job.done(nullptr, &*job.fault);
    }
    Scored scored{std::move(job.model), std::move(job.probabilities), std::move(job.texts), job.begun - job.arrived, end - job.begun, job.all_tokens,
                  job.batch_texts};
    if (shadow_) shadow_->offer(scored);
    job.done(&scored, nullptr);
  }

  ScoringOptions options_;
  std::unique_ptr<ModelKeeper> keeper_;
  std::unique_ptr<Shadow> shadow_;
  std::atomic<uint64_t> batches_{0}, texts_{0}, tokens_{0}, queue_full_{0}, late_{0}, failed_{0};
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;  // over what follows, and over the progress of jobs
  std::condition_variable arrived_;
  Waiting waiting_;
  bool ending_ = false;
  double seconds_a_token_ = 0;
  std::vector<std::thread> workers_;
};

}  // namespace

Result<std::unique_ptr<BatchScorer>> make_scorer(ScoringOptions options, ModelSource live, std::optional<ModelSource> shadow) {
  if (options.workers <= 0) options.workers = static_cast<int>(processors());
  options.limits.workers = static_cast<size_t>(options.workers);
  TRY_ASSIGN(auto keeper, ModelKeeper::open(std::move(live), {options.workers, options.now, options.say}));
  std::unique_ptr<Shadow> second;
  if (shadow) {
    const auto say = [say = options.say](const std::string& sentence) {
      if (say) say("shadow: " + sentence);
    };
    TRY_ASSIGN(auto beside, ModelKeeper::open(std::move(*shadow), {1, options.now, say}));
    const auto &own = beside->current()->model.labels(), &answers = keeper->current()->model.labels();
    if (own != answers)
      return config_error("the shadow model has other labels than the model that answers")
          .with_hint("a shadow is compared by labels: name a model with the same");
    second = std::make_unique<Shadow>(std::move(beside), options.on_batch);
  }
  return std::unique_ptr<BatchScorer>(std::make_unique<Server>(std::move(options), std::move(keeper), std::move(second)));
}

}  // namespace mlopsctl::serve
