// ModelKeeper: the model that answers now, and how another takes its place.
//
// A new model is loaded and checked beside the old one, on a thread of the lowest priority, and then takes its place in one step. Who was given the
// old one keeps it as long as wanted; its memory goes back on the keeper's thread, not on one that answers.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "stages/serve/scoring/model_source.hpp"

namespace mlopsctl::serve {

class ModelKeeper {
 public:
  struct Options {
    int threads = 1;  // that ask a model at once
    std::function<SteadyTime()> now = [] { return std::chrono::steady_clock::now(); };
    std::function<void(const std::string&)> say{};  // a sentence for people; null: nobody listens
  };
  // With the first model; an Error says why there is none.
  static Result<std::unique_ptr<ModelKeeper>> open(ModelSource source, Options options);
  ~ModelKeeper();

  std::shared_ptr<const LiveModel> current() const {
    const std::lock_guard lock(current_mutex_);
    return current_;
  }

  // Looks whether another model is to answer; if so loads it, checks it and puts it in place. An Error leaves the old one there. The same model is
  // tried again a minute after it was refused. One at a time.
  Status refresh();
  // refresh() every now and then, on a thread of the lowest priority, until the end.
  void watch(std::chrono::milliseconds interval);
  // Models that were replaced and still answer requests.
  size_t draining() const;

  uint64_t swaps() const { return swaps_; }
  uint64_t refused() const { return refused_; }
  std::string refusal() const;

 private:
  ModelKeeper(ModelSource source, Options options) : source_(std::move(source)), options_(std::move(options)) {}
  Status refuse(Error fault, const std::string& stamp);
  void put(std::shared_ptr<const LiveModel> model);
  void forget_drained();

  ModelSource source_;
  Options options_;
  mutable std::mutex current_mutex_;  // held for the time of a copy
  std::shared_ptr<const LiveModel> current_;
  std::string stamp_;  // of current_
  std::string refused_stamp_;
  SteadyTime refused_at_{};
  std::atomic<uint64_t> swaps_{0}, refused_{0};
  mutable std::mutex mutex_;  // over what follows
  std::string refusal_;
  std::vector<std::shared_ptr<const LiveModel>> old_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread watcher_;
};

// The calling thread, and threads that it starts from now on, run only where nothing else wants to.
void lowest_priority();

}  // namespace mlopsctl::serve
