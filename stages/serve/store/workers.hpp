// Threads that do for requests what may have to wait for the database.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "stages/serve/message.hpp"
#include "stages/serve/store/store.hpp"

namespace mlopsctl::serve::store {

class Workers {
 public:
  struct Job {
    SteadyTime deadline;
    // Does the work and answers; an Error (of the store) means that it has not answered: then `failed` does.
    std::function<Status(Store& store)> work;
    std::function<void(const Error& why)> failed;
  };

  Workers(Address address, size_t threads, size_t most_waiting);
  ~Workers();  // jobs that wait still fail, those under way are cut off

  // Never blocks. Fails at once where too many wait, or where the database could not be reached a moment ago.
  void submit(Job job);

 private:
  void take_jobs();
  Error unavailable(std::string why) const;

  const Address address_;
  const size_t most_waiting_;
  CancelToken cancel_;
  std::mutex mutex_;
  std::condition_variable there_is_work_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  bool away_ = false;  // the database, when last asked
  SteadyTime closed_until_{};
  std::vector<std::jthread> threads_;
};

}  // namespace mlopsctl::serve::store
