#include "stages/serve/store/workers.hpp"

namespace mlopsctl::serve::store {

namespace {

using namespace std::chrono_literals;
constexpr auto closed_for = 1s;  // after the database could not be reached: requests do not queue up to find that out one after another

}  // namespace

Workers::Workers(Address address, size_t threads, size_t most_waiting) : address_(std::move(address)), most_waiting_(most_waiting) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { take_jobs(); });
}

Workers::~Workers() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  cancel_.cancel();
  there_is_work_.notify_all();
  threads_.clear();
}

Error Workers::unavailable(std::string why) const {
  Error error;
  error.kind = ErrorKind::cluster;
  error.message = std::move(why);
  return error;
}

void Workers::submit(Job job) {
  std::string why;
  {
    const std::lock_guard guard(mutex_);
    if (stopping_) why = "the server is going down";
    else if (jobs_.size() >= most_waiting_) why = "too many requests wait for the store";
    else if (std::chrono::steady_clock::now() < closed_until_) why = "the store could not be reached a moment ago";
    else jobs_.push_back(std::move(job));
  }
  if (why.empty()) return there_is_work_.notify_one();
  job.failed(unavailable(std::move(why)));
}

void Workers::take_jobs() {
  const std::unique_ptr<Store> store = make_store(address_, cancel_);
  std::unique_lock lock(mutex_);
  while (true) {
    there_is_work_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    const auto now = std::chrono::steady_clock::now();
    const bool hopeless = stopping_, closed = now < closed_until_, late = now >= job.deadline;
    // Where it was away, one job finds out whether it still is; the others fail meanwhile.
    if (away_ && !hopeless && !closed && !late) closed_until_ = SteadyTime::max();
    lock.unlock();
    if (hopeless) {
      job.failed(unavailable("the server is going down"));
    } else if (closed) {
      job.failed(unavailable("the store could not be reached a moment ago"));
    } else if (late) {
      job.failed(unavailable("the store had no time for the request before its deadline"));
    } else {
      const Status done = job.work(*store);
      {
        const std::lock_guard guard(mutex_);
        away_ = !done && done.error().kind == ErrorKind::cluster;
        closed_until_ = away_ ? std::chrono::steady_clock::now() + closed_for : SteadyTime();
      }
      if (!done) job.failed(done.error());
    }
    lock.lock();
  }
}

}  // namespace mlopsctl::serve::store
