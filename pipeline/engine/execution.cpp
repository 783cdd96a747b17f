#include "pipeline/engine/execution.hpp"

#include <algorithm>

#include "pipeline/engine/cache_key.hpp"
#include "pipeline/engine/commit.hpp"
#include "pipeline/engine/leftovers.hpp"

namespace mlopsctl::engine {

namespace {

constexpr auto tick = std::chrono::milliseconds(100);
// Flushing costs some milliseconds: at once after a stage that took much longer, together for a row of short ones.
constexpr double flush_after_seconds = 0.5;
constexpr size_t flush_after_artifacts = 256;

// A fault whose place the stage could not know lies in the pipeline file: at the parameter it names ("checks.min_rows"), else at the stage.
void place(Error& error, const spec::StageSpec& spec) {
  std::string field = error.field;
  if (!error.field.empty() && !error.field.starts_with("stages.")) error.field = "stages." + spec.name + "." + error.field;
  if (!error.span && !spec.span.file.empty()) {
    auto found = spec.fields.find(field);
    while (found == spec.fields.end() && field.find('.') != std::string::npos) found = spec.fields.find(field = field.substr(0, field.rfind('.')));
    error.span = found == spec.fields.end() ? spec.span : found->second.span();
  }
  for (Error& further : error.also) place(further, spec);
}

}  // namespace

RunState state_of(const std::vector<StageRun>& stages, bool interrupted) {
  const auto any = [&](auto test) { return std::any_of(stages.begin(), stages.end(), test); };
  // Asked to stop after the last stage had ended is no interruption.
  if (interrupted && any([](const StageRun& s) { return s.state == StageState::cancelled || s.state == StageState::skipped; })) return RunState::interrupted;
  if (any([](const StageRun& s) { return s.state == StageState::failed; })) return RunState::failed;
  if (any([](const StageRun& s) { return s.state == StageState::timed_out; })) return RunState::timed_out;
  if (any([](const StageRun& s) { return s.report.verdict && s.report.verdict->outcome != Outcome::pass; })) return RunState::refused;
  return RunState::succeeded;
}

Execution::Execution(const Graph& graph, const spec::Pipeline& pipeline, Store& store, const RunOptions& options, const Clock& clock, const CancelToken& cancel,
                     Reporter& reporter, const RunRecord& record, Scratch* scratch)
    : graph_(graph),
      pipeline_(pipeline),
      store_(store),
      options_(options),
      clock_(clock),
      cancel_(cancel),
      reporter_(reporter),
      record_(record),
      scratch_(scratch),
      runs_(graph.stages.size()),
      settled_(graph.stages.size(), false),
      broken_(graph.stages.size(), false),
      known_(graph.stages.size()),
      waiting_(graph.stages.size()),
      followers_(graph.stages.size()) {
  for (size_t i = 0; i < graph.stages.size(); ++i) {
    waiting_[i] = graph.stages[i].needs.size();
    for (const size_t need : graph.stages[i].needs) followers_[need].push_back(i);
  }
}

Status Execution::run(Plan plan) {
  for (size_t i = 0; i < plan.stages.size(); ++i) {
    PlannedStage& planned = plan.stages[i];
    if (planned.action == Action::reuse) TRY(reuse(i, std::move(planned)));
    else if (waiting_[i] == 0) ready_.insert(i);
  }
  TRY(start_ready());
  auto last_tick = std::chrono::steady_clock::now();
  while (!running_.empty()) {
    TRY_ASSIGN(auto events, runner_->wait(tick));
    for (auto& event : events) {
      const auto found = std::find_if(running_.begin(), running_.end(), [&](const auto& entry) { return entry.second.job->id == event.job; });
      if (found == running_.end()) continue;
      const size_t stage = found->first;
      if (const auto* progress = std::get_if<Progress>(&event.what))
        reporter_.stage_progress(graph_.stages[stage].spec->name, progress->fraction, progress->what);
      else TRY(finish(stage, std::get<JobResult>(std::move(event.what))));
    }
    watch();
    TRY(start_ready());
    if (const auto now = std::chrono::steady_clock::now(); now - last_tick >= tick) {
      last_tick = now;
      reporter_.tick();
    }
  }
  return skip_rest();
}

StageRun Execution::blank(size_t stage) const {
  StageRun run;
  run.name = graph_.stages[stage].spec->name;
  run.kind = graph_.stages[stage].spec->kind;
  return run;
}

Status Execution::settle(size_t stage, StageRun run, Known::State state) {
  settled_[stage] = true;
  ready_.erase(stage);
  broken_[stage] = state == Known::State::unknown;
  known_[stage] = state == Known::State::done ? known_from(run.artifacts, run.report) : Known{state, {}, {}};
  runs_[stage] = std::move(run);
  reporter_.stage_finished(runs_[stage]);
  for (const size_t next : followers_[stage])
    if (--waiting_[next] == 0 && !settled_[next]) ready_.insert(next);
  return {};
}

Status Execution::reuse(size_t stage, PlannedStage planned) {
  StageRun run = blank(stage);
  run.state = StageState::reused;
  run.key = planned.key;
  run.parts = std::move(planned.parts);
  run.artifacts = std::move(planned.artifacts);
  run.report = std::move(*planned.report);
  if (Status fine = witnessed(stage, run, true); !fine) {
    run.state = StageState::failed;
    run.error = std::move(fine).error();
    place(*run.error, *graph_.stages[stage].spec);
    return settle(stage, std::move(run), Known::State::unknown);
  }
  return settle(stage, std::move(run), Known::State::done);
}

Status Execution::witnessed(size_t stage, const StageRun& run, bool reused) {
  const ResolvedStage& resolved = graph_.stages[stage];
  Witness* witness = options_.witness;
  if (witness != nullptr) TRY(witness->saw(resolved, run, record_.id));
  return publish(store_, run.report, run.artifacts, reused, record_.id, [&](const std::string& alias, const Digest& model) -> Status {
    return witness == nullptr ? Status() : witness->allows(resolved, alias, model);
  });
}

Status Execution::start_ready() {
  // Settling one stage may make others ready, also before this one in the order.
  while (!cancel_.cancelled() && !ready_.empty() && running_.size() < static_cast<size_t>(std::max(1, options_.jobs))) {
    const size_t stage = *ready_.begin();
    ready_.erase(ready_.begin());
    TRY(consider(stage));
  }
  return {};
}

Status Execution::consider(size_t stage) {
  const ResolvedStage& resolved = graph_.stages[stage];
  StageRun run = blank(stage);
  for (const size_t need : resolved.needs)
    if (broken_[need])
      run.reasons.push_back({graph_.stages[need].spec->name + " " + (runs_[need].state == StageState::skipped ? "was skipped" : "failed"), "", ""});
  if (!run.reasons.empty()) return settle(stage, std::move(run), Known::State::unknown);

  TRY_ASSIGN(const Store::CommitLock lock, store_.commit_lock());
  Decider decider(graph_, pipeline_.name, &store_, options_);
  auto decided = decider.decide(stage, known_);
  if (!decided) {
    run.state = StageState::failed;
    run.error = std::move(decided).error();
    return settle(stage, std::move(run), Known::State::unknown);
  }
  PlannedStage planned = std::move(*decided);
  if (planned.action == Action::blocked) {
    run.state = StageState::blocked;
    run.reasons = std::move(planned.reasons);
    return settle(stage, std::move(run), Known::State::blocked);
  }
  if (planned.action == Action::reuse) {
    for (const auto& artifact : planned.artifacts) TRY(scratch_->keep(artifact.digest));
    return reuse(stage, std::move(planned));
  }
  return start(stage, std::move(planned), 1);
}

Status Execution::start(size_t stage, PlannedStage planned, int attempt) {
  if (scratch_ == nullptr) return stage_error("the store changed while the run began").with_hint("run again");
  const ResolvedStage& resolved = graph_.stages[stage];
  Running running;
  running.planned = std::move(planned);
  running.attempt = attempt;
  running.started = clock_.steady();
  running.job = std::make_unique<Job>();
  Job& job = *running.job;
  job.id = ++jobs_started_;
  job.stage = resolved.stage;
  job.name = resolved.spec->name;
  job.kind = resolved.spec->kind;
  job.params = resolved.spec->params;
  job.seed = resolved.spec->seed;
  job.outputs = resolved.outputs;
  job.scratch = scratch_->folder() / (std::to_string(job.id) + "-" + job.name);
  job.checkpoints = checkpoints_of(store_.folder(), *running.planned.key);
  job.memo = store_.folder() / "memo";
  TRY_ASSIGN(job.inputs, given_inputs(resolved, running.planned.parts, store_));
  reporter_.stage_started(running.planned, attempt);
  Status started = make_folders(job.scratch);
  if (started) started = runner_->start(job);
  running_[stage] = std::move(running);
  if (started) return {};
  JobResult failed;
  failed.error = std::move(started).error();
  return finish(stage, std::move(failed));
}

void Execution::watch() {
  const auto now = clock_.steady();
  for (auto& [stage, running] : running_) {
    if (cancel_.cancelled() && !running.interrupted) {
      running.interrupted = true;
      runner_->cancel(running.job->id);
    }
    const double timeout = graph_.stages[stage].spec->timeout;
    if (timeout <= 0 || running.timed_out || running.interrupted || std::chrono::duration<double>(now - running.started).count() < timeout) continue;
    running.timed_out = true;
    runner_->kill(running.job->id);
  }
}

Status Execution::finish(size_t stage, JobResult result) {
  Running running = std::move(running_.at(stage));
  running_.erase(stage);
  const spec::StageSpec& spec = *graph_.stages[stage].spec;
  StageRun run = blank(stage);
  run.reasons = running.planned.reasons;
  run.key = running.planned.key;
  run.parts = running.planned.parts;
  run.seconds = std::chrono::duration<double>(clock_.steady() - running.started).count();
  run.peak_memory = result.peak_memory;
  run.attempts = running.attempt;

  if (!result.error) {
    Status kept = commit(running, result, run);
    if (!kept) result.error = std::move(kept).error();
  }
  (void)mlopsctl::remove_all(running.job->scratch);
  run.report = std::move(result.report);
  run.state = StageState::succeeded;
  if (!result.error)
    if (Status fine = witnessed(stage, run, false); !fine) result.error = std::move(fine).error();
  if (!result.error) return settle(stage, std::move(run), Known::State::done);
  run.state = StageState::failed;
  run.error = std::move(result.error);
  if (running.interrupted) {
    run.state = StageState::cancelled;
    if (run.error->kind == ErrorKind::interrupted) run.error.reset();  // what else went wrong on the way out is told
  } else if (running.timed_out) {
    run.state = StageState::timed_out;
    run.error = stage_error("stage " + spec.name + " (" + spec.kind + ") ran longer than its timeout of " + human_duration(spec.timeout))
                    .with_hint("raise stages." + spec.name + ".timeout, or give it less to do");
    run.error->kind = ErrorKind::timeout;
  }
  const bool hopeless = run.error && (run.error->kind == ErrorKind::config || run.error->kind == ErrorKind::usage || run.error->kind == ErrorKind::refused);
  if (!running.interrupted && !cancel_.cancelled() && !hopeless && running.attempt <= spec.retries)
    return start(stage, std::move(running.planned), running.attempt + 1);
  if (run.error) place(*run.error, spec);
  return settle(stage, std::move(run), Known::State::unknown);
}

// An input that changed while the stage read it would be remembered under the wrong key.
Status Execution::check_inputs(const Running& running) {
  for (const auto& input : running.job->inputs) {
    if (store_.path_of(input.digest) == input.path) continue;
    TRY_ASSIGN(const Digest now, store_.digest_of_input(input.path));
    if (now != input.digest)
      return stage_error(input.origin + " changed while stage " + running.job->name + " was reading it").with_hint("run again once the file stays as it is");
  }
  return {};
}

Status Execution::commit(Running& running, JobResult& result, StageRun& run) {
  TRY(check_inputs(running));
  TRY_ASSIGN(const Store::CommitLock lock, store_.commit_lock());
  TRY_ASSIGN(run.artifacts, adopt_outputs(store_, *scratch_, *running.job, result));
  CachedResult cached{*run.key, run.name, run.parts, run.artifacts, result.report, record_.id, run.seconds};
  TRY(store_.remember(pipeline_.name, cached));
  (void)drop_checkpoints(running.job->checkpoints);  // what stays is collected by gc
  if (run.seconds >= flush_after_seconds || store_.unflushed() >= flush_after_artifacts) TRY(store_.flush());
  return {};
}

Status Execution::skip_rest() {
  for (size_t i = 0; i < settled_.size(); ++i) {
    if (settled_[i]) continue;
    StageRun run = blank(i);
    run.reasons.push_back({"the run was interrupted", "", ""});
    TRY(settle(i, std::move(run), Known::State::unknown));
  }
  return {};
}

}  // namespace mlopsctl::engine
