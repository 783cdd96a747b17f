// make_plan: decides every stage with what is known before anything runs.
#include <algorithm>
#include <queue>

#include "pipeline/engine/decide.hpp"
#include "pipeline/engine/planner.hpp"

namespace mlopsctl::engine {

double expected_seconds(const Graph& graph, const Plan& plan, int jobs) {
  const size_t n = graph.stages.size();
  std::vector<size_t> waiting(n);
  std::vector<std::vector<size_t>> followers(n);
  const auto works = [&](size_t i) { return plan.stages[i].action == Action::run || plan.stages[i].action == Action::pending; };
  for (size_t i = 0; i < n; ++i) {
    if (works(i) && plan.stages[i].expected_seconds <= 0) return 0;
    waiting[i] = graph.stages[i].needs.size();
    for (const size_t need : graph.stages[i].needs) followers[need].push_back(i);
  }
  // What the executor will do, with a clock of its own: start the first ready stage whenever a place is free.
  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  using End = std::pair<double, size_t>;
  std::priority_queue<End, std::vector<End>, std::greater<>> running;
  for (size_t i = 0; i < n; ++i)
    if (waiting[i] == 0) ready.push(i);
  double now = 0;
  const auto places = static_cast<size_t>(std::max(1, jobs));
  while (!ready.empty() || !running.empty()) {
    while (!ready.empty() && running.size() < places) {
      const size_t i = ready.top();
      ready.pop();
      running.emplace(now + (works(i) ? plan.stages[i].expected_seconds : 0), i);
    }
    const auto [end, done] = running.top();
    running.pop();
    now = end;
    for (const size_t next : followers[done])
      if (--waiting[next] == 0) ready.push(next);
  }
  return now;
}

Result<Plan> plan_graph(const Graph& graph, const spec::Pipeline& pipeline, Store* store, const RunOptions& options) {
  std::optional<Store::Reading> together;
  if (store != nullptr) together.emplace(store->read_together());
  Decider decider(graph, pipeline.name, store, options);
  Plan plan;
  plan.pipeline = pipeline.name;
  plan.stages.reserve(graph.stages.size());
  std::vector<Known> known(graph.stages.size());
  for (size_t i = 0; i < graph.stages.size(); ++i) {
    TRY_ASSIGN(PlannedStage planned, decider.decide(i, known));
    if (planned.action == Action::reuse) known[i] = known_from(planned.artifacts, *planned.report);
    if (planned.action == Action::blocked) known[i].state = Known::State::blocked;
    plan.stages.push_back(std::move(planned));
  }
  plan.expected_seconds = expected_seconds(graph, plan, options.jobs);
  return plan;
}

Result<Graph> graph_for(Graph resolved, Store* store, const RunOptions& options) {
  TRY_ASSIGN(Graph graph, select(std::move(resolved), options.only));
  TRY(locate(graph, options.project, store, options.pinned));
  return graph;
}

Result<Plan> make_plan(const spec::Pipeline& pipeline, Graph resolved, Store* store, const RunOptions& options) {
  TRY_ASSIGN(const Graph graph, graph_for(std::move(resolved), store, options));
  return plan_graph(graph, pipeline, store, options);
}

Result<Plan> make_plan(const spec::Pipeline& pipeline, const StageRegistry& registry, Store* store, const RunOptions& options) {
  TRY_ASSIGN(Graph resolved, resolve(pipeline, registry));
  return make_plan(pipeline, std::move(resolved), store, options);
}

}  // namespace mlopsctl::engine
