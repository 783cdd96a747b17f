// What goes wrong while a simulated cluster is asked: each for `SimulatedCluster::instead`, and valid as long as that cluster.
#pragma once

#include "pipeline/k8s/rehearsal/simulated_cluster.hpp"

namespace mlopsctl::k8s::simulated {

using Fault = std::function<std::optional<Result<Reply>>(const Call& call)>;

// The API server is away from one moment to another, as our client bears it: it tries for a while.
Fault away(World& world, Time from, Time until);
// It answers its so many-th write (`SimulatedCluster::writes`) with an error of its own.
Fault faulty(const SimulatedCluster& cluster, int64_t write);
// At that time the node is lost that most of the pods that answer run on.
Fault node_lost(World& world, Time when);

}  // namespace mlopsctl::k8s::simulated
