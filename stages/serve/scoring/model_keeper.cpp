#include "stages/serve/scoring/model_keeper.hpp"

#include <sys/resource.h>

namespace mlopsctl::serve {

// Linux gives each thread a priority of its own: 0 names the calling one.
void lowest_priority() { setpriority(PRIO_PROCESS, 0, 19); }

Result<std::unique_ptr<ModelKeeper>> ModelKeeper::open(ModelSource source, Options options) {
  std::unique_ptr<ModelKeeper> keeper(new ModelKeeper(std::move(source), std::move(options)));
  TRY_ASSIGN(const auto place, keeper->source_.find());
  TRY_ASSIGN(auto first, load_checked(keeper->source_, place, keeper->options_.threads, nullptr));
  keeper->put(std::move(first));
  keeper->stamp_ = place.stamp;
  return keeper;
}

ModelKeeper::~ModelKeeper() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (watcher_.joinable()) watcher_.join();
}

void ModelKeeper::put(std::shared_ptr<const LiveModel> model) {
  const std::lock_guard lock(current_mutex_);
  current_ = std::move(model);
}

Status ModelKeeper::refuse(Error fault, const std::string& stamp) {
  refused_stamp_ = stamp;
  refused_at_ = options_.now();
  ++refused_;
  {
    const std::lock_guard lock(mutex_);
    refusal_ = fault.message;
  }
  if (options_.say) options_.say("kept the old model: " + fault.message);
  return fault;
}

Status ModelKeeper::refresh() {
  forget_drained();
  TRY_ASSIGN(const auto place, source_.find());
  if (place.stamp == stamp_) {
    const std::lock_guard lock(mutex_);
    refusal_.clear();  // it was taken back
    return {};
  }
  if (place.stamp == refused_stamp_ && options_.now() - refused_at_ < std::chrono::minutes(1)) return {};
  const auto before = current();
  auto loaded = load_checked(source_, place, options_.threads, before.get());
  if (!loaded) {
    Error fault = std::move(loaded).error();
    if (!fault.message.starts_with(place.origin)) fault.message = place.origin + ": " + fault.message;
    return refuse(std::move(fault), place.stamp);
  }
  put(*loaded);
  stamp_ = place.stamp;
  refused_stamp_.clear();
  ++swaps_;
  {
    const std::lock_guard lock(mutex_);
    refusal_.clear();
    old_.push_back(before);
  }
  if (options_.say) options_.say("now answering: " + place.origin + " (" + (*loaded)->digest.brief() + ")");
  return {};
}

void ModelKeeper::watch(std::chrono::milliseconds interval) {
  watcher_ = std::thread([this, interval] {
    lowest_priority();
    std::unique_lock lock(mutex_);
    std::string told;
    while (!wake_.wait_for(lock, interval, [&] { return ending_; })) {
      lock.unlock();
      const uint64_t refused = refused_;
      const Status status = refresh();
      // A model that was refused was spoken of already; an index that cannot be read is told once.
      const std::string fault = !status && refused == refused_ ? status.error().message : "";
      if (!fault.empty() && fault != told && options_.say) options_.say("cannot see which model is to answer: " + fault);
      told = fault;
      lock.lock();
    }
  });
}

void ModelKeeper::forget_drained() {
  std::vector<std::shared_ptr<const LiveModel>> drained;  // destroyed after the lock is given back
  const std::lock_guard lock(mutex_);
  for (auto each = old_.begin(); each != old_.end();) {
    if (each->use_count() > 1) ++each;
    else drained.push_back(std::move(*each)), each = old_.erase(each);
  }
}

size_t ModelKeeper::draining() const {
  const std::lock_guard lock(mutex_);
  return old_.size();
}

std::string ModelKeeper::refusal() const {
  const std::lock_guard lock(mutex_);
  return refusal_;
}

}  // namespace mlopsctl::serve
