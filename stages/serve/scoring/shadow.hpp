// Shadow: a second model that is shown copies of what the live one answered, and keeps count of how often they agree: from zero when either is
// exchanged.
//
// One thread of the lowest priority. What it has no room for, or would have to wait for, it does not see: nobody ever waits for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "stages/serve/scoring/model_keeper.hpp"

namespace mlopsctl::serve {

class Shadow {
 public:
  Shadow(std::unique_ptr<ModelKeeper> keeper, std::function<void(const BatchNote&)> on_batch);
  ~Shadow();

  // Copies, or skips, in less than a microsecond a text. Never waits for the lock: who holds it may have been put aside for want of priority.
  void offer(const Scored& scored);
  Agreement agreement() const;
  ModelKeeper& keeper() { return *keeper_; }
  // Returns when all that was taken has been compared and the thread waits for more.
  void settle();

 private:
  struct Copy {
    std::vector<std::string> texts;
    std::vector<float> probabilities;
    std::shared_ptr<const LiveModel> model;
  };
  void run();
  void compare(const Copy& copy, const LiveModel& model);

  static constexpr size_t most_texts = 256;  // that wait, but for a longer request that waits alone
  std::unique_ptr<ModelKeeper> keeper_;
  std::function<void(const BatchNote&)> on_batch_;
  mutable std::mutex mutex_;  // over all that follows
  std::condition_variable changed_;
  std::deque<Copy> copies_;
  size_t texts_ = 0;  // in copies_
  bool idle_ = false, ending_ = false;
  Digest shown_, answered_;  // of which two models the counts are
  Agreement agreement_;
  double distance_ = 0;
  std::atomic<uint64_t> skipped_{0};
  std::thread thread_;
};

}  // namespace mlopsctl::serve
