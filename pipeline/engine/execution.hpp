// One run in progress: which stages are settled, which are running, what they wait for.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/engine/decide.hpp"
#include "pipeline/engine/engine.hpp"
#include "pipeline/engine/runner.hpp"
#include "pipeline/engine/scratch.hpp"

namespace mlopsctl::engine {

// Interrupted, else failed, else timed out, else refused (some verdict is not pass), else succeeded.
RunState state_of(const std::vector<StageRun>& stages, bool interrupted);

class Execution {
 public:
  // `scratch` may be null when nothing will run.
  Execution(const Graph& graph, const spec::Pipeline& pipeline, Store& store, const RunOptions& options, const Clock& clock, const CancelToken& cancel,
            Reporter& reporter, const RunRecord& record, Scratch* scratch);

  void use(std::unique_ptr<Runner> runner) { runner_ = std::move(runner); }
  // Carries the plan out. What fails is in stages(); an Error means that the run itself could not go on.
  Status run(Plan plan);
  std::vector<StageRun> stages() && { return std::move(runs_); }

 private:
  struct Running {
    PlannedStage planned;
    std::unique_ptr<Job> job;
    std::chrono::steady_clock::time_point started;
    int attempt = 1;
    bool timed_out = false;
    bool interrupted = false;
  };

  StageRun blank(size_t stage) const;
  Status settle(size_t stage, StageRun run, Known::State state);  // reports it and wakes what waited for it
  Status reuse(size_t stage, PlannedStage planned);
  Status start_ready();
  Status consider(size_t stage);  // a ready stage: settle it or start it
  Status start(size_t stage, PlannedStage planned, int attempt);
  Status finish(size_t stage, JobResult result);
  Status commit(Running& running, JobResult& result, StageRun& run);
  Status witnessed(size_t stage, const StageRun& run, bool reused);  // tells the witness, then publishes
  Status check_inputs(const Running& running);
  void watch();  // time-outs and cancelling
  Status skip_rest();

  const Graph& graph_;
  const spec::Pipeline& pipeline_;
  Store& store_;
  const RunOptions& options_;
  const Clock& clock_;
  const CancelToken& cancel_;
  Reporter& reporter_;
  const RunRecord& record_;
  Scratch* scratch_;

  std::unique_ptr<Runner> runner_;
  std::vector<StageRun> runs_;
  std::vector<bool> settled_;
  std::vector<bool> broken_;  // failed or skipped: what needs it is skipped
  std::vector<Known> known_;
  std::vector<size_t> waiting_;  // unsettled needs
  std::vector<std::vector<size_t>> followers_;
  std::set<size_t> ready_;
  std::map<size_t, Running> running_;
  size_t jobs_started_ = 0;
};

}  // namespace mlopsctl::engine
