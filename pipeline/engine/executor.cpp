// execute: the control loop. Single-threaded: start what is ready, wait for anything to happen, record it, decide again.
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "pipeline/engine/commit.hpp"
#include "pipeline/engine/decide.hpp"
#include "pipeline/engine/execution.hpp"
#include "pipeline/engine/lease.hpp"
#include "pipeline/engine/planner.hpp"

namespace mlopsctl::engine {

namespace {

// 20260131-081500-3f9a: readable, sorted by time, and not taken twice.
Result<std::string> new_run_id(Store& store, TimePoint now) {
  std::string time = rfc3339(now).substr(0, 19);
  for (const char c : {'-', ':'}) time.erase(std::remove(time.begin(), time.end(), c), time.end());
  time[time.find('T')] = '-';
  while (true) {
    uint16_t random = 0;
    if (::getrandom(&random, sizeof random, 0) != sizeof random) return io_error("read", "random numbers", errno);
    char suffix[8];
    std::snprintf(suffix, sizeof suffix, "-%04x", random);
    TRY_ASSIGN(const bool taken, store.has_run(time + suffix));
    if (!taken) return time + suffix;
  }
}

Json host() {
  struct utsname names {};
  ::uname(&names);
  return {{"os", std::string(names.sysname) + " " + names.release}, {"cpu", names.machine}, {"cores", ::sysconf(_SC_NPROCESSORS_ONLN)}};
}

bool works(const PlannedStage& stage) { return stage.action == Action::run || stage.action == Action::pending; }

// Threads and fork do not mix: one kind per run.
bool use_threads(const Graph& graph, const Plan& plan, const std::string& override) {
  if (!override.empty()) return override == "thread";
  for (size_t i = 0; i < graph.stages.size(); ++i)
    if (works(plan.stages[i]) && graph.stages[i].spec->runner == "thread") return true;
  return false;
}

}  // namespace

Result<RunRecord> execute(const spec::Pipeline& pipeline, const StageRegistry& registry, Store& store, const RunOptions& options, const Clock& clock,
                          const CancelToken& cancel, Reporter& reporter) {
  TRY_ASSIGN(Graph resolved, resolve(pipeline, registry));
  return execute(pipeline, std::move(resolved), store, options, clock, cancel, reporter);
}

Result<RunRecord> execute(const spec::Pipeline& pipeline, Graph resolved, Store& store, const RunOptions& options, const Clock& clock,
                          const CancelToken& cancel, Reporter& reporter) {
  // What is wrong with the file is said at once, not after waiting for another run.
  TRY_ASSIGN(Graph graph, graph_for(std::move(resolved), &store, options));
  TRY_ASSIGN(const Lease lease, take_lease(store.folder(), pipeline.name, options.command, options.wait, clock, cancel, reporter));
  if (lease.waited) TRY(locate(graph, options.project, &store, options.pinned));  // the other run may have moved an alias
  (void)store.sweep();                                                            // rubbish is no reason to fail

  const auto start = clock.steady();
  RunRecord record;
  TRY_ASSIGN(record.id, new_run_id(store, clock.now()));
  record.pipeline = pipeline.name;
  record.started = rfc3339(clock.now());
  record.versions = options.versions;
  record.command = options.command;

  std::optional<Scratch> scratch;
  Plan plan;
  {
    // What the plan finds must not be collected before the scratch folder says that it is needed.
    TRY_ASSIGN(const Store::CommitLock lock, store.commit_lock());
    TRY_ASSIGN(plan, plan_graph(graph, pipeline, &store, options));
    if (!plan.nothing_to_do()) {
      TRY_ASSIGN(Scratch made, Scratch::create(store.folder(), record.id));
      scratch.emplace(std::move(made));
      for (const auto& stage : plan.stages)
        for (const auto& artifact : stage.artifacts) TRY(scratch->keep(artifact.digest));
      for (const auto& stage : graph.stages)
        for (const auto& input : stage.inputs)
          if (input.digest) TRY(scratch->keep(*input.digest));
    }
  }
  if (scratch) {
    if (options.provenance) record.provenance = options.provenance();
    record.host = host();
  }
  reporter.run_started(plan, record.id);

  Execution execution(graph, pipeline, store, options, clock, cancel, reporter, record, scratch ? &*scratch : nullptr);
  if (scratch) execution.use(use_threads(graph, plan, options.runner) ? make_thread_runner() : make_process_runner());
  TRY(execution.run(std::move(plan)));

  record.stages = std::move(execution).stages();
  record.state = state_of(record.stages, cancel.cancelled());
  record.seconds = std::chrono::duration<double>(clock.steady() - start).count();
  record.finished = rfc3339(clock.now());
  TRY(store.save_run(record));
  reporter.run_finished(record);
  return record;
}

}  // namespace mlopsctl::engine
