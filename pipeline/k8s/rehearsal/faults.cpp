#include "pipeline/k8s/rehearsal/faults.hpp"

#include "pipeline/k8s/errors.hpp"

namespace mlopsctl::k8s::simulated {

namespace {

// The node of most of the pods that answer; of equals that of the newest of them.
size_t busiest_node(const World& world) {
  std::vector<int64_t> answering(world.nodes.size());
  size_t busiest = world.pods.back().node;
  for (const Pod& pod : world.pods)
    if (world.answers(pod) && ++answering[pod.node] >= answering[busiest]) busiest = pod.node;
  return busiest;
}

}  // namespace

Fault away(World& world, Time from, Time until) {
  return [&world, from, until](const Call& call) -> std::optional<Result<Reply>> {
    if (world.now < from) return std::nullopt;
    for (const int wait : {500, 1000, 2000, 4000, 8000}) {
      if (world.now >= until) return std::nullopt;
      world.pass(Time(wait));
    }
    if (world.now >= until) return std::nullopt;
    return Result<Reply>(cluster_error(call.method + " " + call.path + ": connection refused"));
  };
}

Fault faulty(const SimulatedCluster& cluster, int64_t write) {
  return [&cluster, write](const Call& call) -> std::optional<Result<Reply>> {
    if (call.method == "GET" || call.path.ends_with("/events") || cluster.writes != write) return std::nullopt;
    Reply reply{500, R"({"kind":"Status","code":500,"reason":"InternalError","message":"etcdserver: request timed out"})", {}, {}};
    reply.refusal = read_refusal(reply.status, reply.body);
    return Result<Reply>(std::move(reply));
  };
}

Fault node_lost(World& world, Time when) {
  return [&world, when, done = false](const Call&) mutable -> std::optional<Result<Reply>> {
    if (!done && world.now >= when && !world.pods.empty()) done = true, world.lose(busiest_node(world));
    return std::nullopt;
  };
}

}  // namespace mlopsctl::k8s::simulated
