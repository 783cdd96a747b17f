// The steps of make_plan, which execute takes too.
#pragma once

#include "pipeline/engine/engine.hpp"
#include "pipeline/engine/graph.hpp"

namespace mlopsctl::engine {

// select, locate.
Result<Graph> graph_for(Graph resolved, Store* store, const RunOptions& options);
Result<Plan> plan_graph(const Graph& graph, const spec::Pipeline& pipeline, Store* store, const RunOptions& options);
// List scheduling over the graph with `jobs` places; 0 when the time of a stage that works is unknown.
double expected_seconds(const Graph& graph, const Plan& plan, int jobs);

}  // namespace mlopsctl::engine
