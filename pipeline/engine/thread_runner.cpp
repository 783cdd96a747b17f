#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <mutex>
#include <thread>

#include "pipeline/base/files.hpp"
#include "pipeline/engine/runner.hpp"

namespace mlopsctl::engine {

namespace {

class ThreadRunner final : public Runner {
 public:
  ~ThreadRunner() override {
    for (auto& [id, task] : tasks_) task.cancel->cancel();
    for (auto& [id, task] : tasks_) task.thread.join();
  }

  Status start(Job job) override {
    if (!wake_.valid()) {
      wake_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
      if (!wake_.valid()) return io_error("make", "an event descriptor", errno);
    }
    const size_t id = job.id;
    Task task;
    task.cancel = std::make_unique<CancelToken>();
    try {
      task.thread = std::thread([this, token = task.cancel.get(), job = std::move(job)] {
        JobResult result = run_job(job, *token, [&](double fraction, std::string_view what) { push({job.id, Progress{fraction, std::string(what)}}); });
        push({job.id, std::move(result)});
      });
    } catch (const std::system_error& fault) {
      return stage_error(std::string("cannot start a thread: ") + fault.what()).with_hint("run fewer stages at once (-j 1)");
    }
    tasks_.emplace(id, std::move(task));
    return {};
  }

  Result<std::vector<Event>> wait(std::chrono::milliseconds at_most) override {
    struct pollfd waiting {
      wake_.get(), POLLIN, 0
    };
    if (::poll(&waiting, 1, static_cast<int>(at_most.count())) < 0 && errno != EINTR) return io_error("wait for", "stages", errno);
    uint64_t count = 0;
    (void)!::read(wake_.get(), &count, sizeof count);
    std::vector<Event> events;
    {
      const std::lock_guard guard(mutex_);
      events.swap(events_);
    }
    for (const auto& event : events) {
      if (!std::holds_alternative<JobResult>(event.what)) continue;
      const auto done = tasks_.find(event.job);
      done->second.thread.join();
      tasks_.erase(done);
    }
    return events;
  }

  void cancel(size_t job) override {
    if (const auto task = tasks_.find(job); task != tasks_.end()) task->second.cancel->cancel();
  }
  void kill(size_t job) override { cancel(job); }

 private:
  struct Task {
    std::unique_ptr<CancelToken> cancel;
    std::thread thread;
  };

  void push(Event event) {
    {
      const std::lock_guard guard(mutex_);
      // Of a job's reports of progress only the newest is of interest.
      if (std::holds_alternative<Progress>(event.what) && !events_.empty() && events_.back().job == event.job &&
          std::holds_alternative<Progress>(events_.back().what))
        events_.back() = std::move(event);
      else events_.push_back(std::move(event));
    }
    const uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
  }

  FileDescriptor wake_;
  std::mutex mutex_;
  std::vector<Event> events_;
  std::map<size_t, Task> tasks_;
};

}  // namespace

std::unique_ptr<Runner> make_thread_runner() { return std::make_unique<ThreadRunner>(); }

}  // namespace mlopsctl::engine
