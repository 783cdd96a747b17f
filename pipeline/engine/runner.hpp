// Runner: "start this, tell me when something happens". Where a stage runs (a child process, a thread) is the Runner's business alone.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/engine/stage.hpp"

namespace mlopsctl::engine {

// One execution of one stage. The stage must live until its end was reported.
struct Job {
  size_t id = 0;
  const Stage* stage = nullptr;
  std::string name, kind;
  Json params;
  uint64_t seed = 0;
  std::vector<StageInput> inputs;
  std::vector<OutputDecl> outputs;
  std::filesystem::path scratch;      // exists and is empty; outputs appear as <scratch>/out/<name>
  std::filesystem::path checkpoints;  // .mlopsctl/checkpoints/<cache key>; empty: in scratch
  std::filesystem::path memo;         // .mlopsctl/memo; empty: in scratch
};

struct Forward {
  std::string output;
  size_t input = 0;  // index into Job::inputs
};

struct JobResult {
  std::optional<Error> error;
  StageReport report;
  std::vector<Forward> forwards;
  int64_t peak_memory = 0;  // bytes; 0: not measured
};

struct Progress {
  double fraction = 0;
  std::string what;
};

struct Event {
  size_t job = 0;
  std::variant<Progress, JobResult> what;  // a JobResult is a job's last event
};

class Runner {
 public:
  virtual ~Runner() = default;  // ends what still runs
  virtual Status start(Job job) = 0;
  // What happened; returns empty after `at_most` if nothing did. At once when something is waiting already.
  virtual Result<std::vector<Event>> wait(std::chrono::milliseconds at_most) = 0;
  // Asks a job to end; it gets a grace period to do so. Its end is reported as any other.
  virtual void cancel(size_t job) = 0;
  // Ends it without asking, where that is possible (a thread can only be asked).
  virtual void kill(size_t job) = 0;
};

// fork() without exec: each job is a child process in its own process group that dies with this process. Must not be used while this
// process has other threads. SIGTERM on cancel, SIGKILL `grace` later: time to save the state of a large model.
std::unique_ptr<Runner> make_process_runner(std::chrono::milliseconds grace = std::chrono::seconds(30));
// A std::thread per job in this process.
std::unique_ptr<Runner> make_thread_runner();

// What both do, each on its side: runs the stage with a context on the job, catching whatever it throws.
JobResult run_job(const Job& job, const CancelToken& cancel, const std::function<void(double, std::string_view)>& progress);

}  // namespace mlopsctl::engine
