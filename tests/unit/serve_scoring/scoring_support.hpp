// A scorer over fake models, and what its tests wait for: events, never time.
#pragma once

#include <gmock/gmock.h>

#include <condition_variable>
#include <future>
#include <latch>

#include "stages/serve/scoring/batch_scorer.hpp"
#include "tests/support/fake_model.hpp"

namespace mlopsctl::serve {

// What one request got.
struct Got {
  bool scored = false;
  NotScored fault;
  Scored result;
};

inline std::future<Got> ask(Scorer& scorer, std::vector<std::string> texts, SteadyTime deadline = SteadyTime::max()) {
  auto promise = std::make_shared<std::promise<Got>>();
  auto future = promise->get_future();
  scorer.submit(std::move(texts), deadline, [promise](Scored* scored, const NotScored* fault) {
    Got got;
    got.scored = scored != nullptr;
    if (scored != nullptr) got.result = std::move(*scored);
    if (fault != nullptr) got.fault = *fault;
    promise->set_value(std::move(got));
  });
  return future;
}

// A door that scoring threads stop at, where a test wants to see them wait.
class Door {
 public:
  // Texts that begin with "held" wait here until open().
  std::function<Status(std::span<const std::string_view>)> hold() {
    return [this](std::span<const std::string_view> texts) {
      if (texts.empty() || !texts.front().starts_with("held")) return Status();
      std::unique_lock lock(mutex_);
      ++waiting_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return open_; });
      return Status();
    };
  }
  void wait_for_somebody(int count = 1) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  bool somebody() {
    const std::lock_guard lock(mutex_);
    return waiting_ > 0;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

}  // namespace mlopsctl::serve
