// Looking on while somebody drives a promotion.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "pipeline/k8s/objects.hpp"
#include "pipeline/k8s/rollout/rollout.hpp"
#include "pipeline/k8s/rollout_status.hpp"

namespace mlopsctl::k8s {

// What there is to see of one that has not ended.
struct Followed {
  Rollout rollout;
  std::string holder;    // who is at work; empty: nobody
  bool at_work = false;  // the holder has given a sign of life lately
  Progress stable;
  std::optional<Progress> candidate;  // nothing: there is none
};

struct FollowOptions {
  std::chrono::seconds timeout{3600};  // of looking on
  std::chrono::seconds patience{300};  // how long the cluster may be out of reach
  std::function<void(const Followed& seen)> moved = {};
  std::function<void(const std::string& why)> lost = {};  // the cluster is out of reach; told once each time
};
// Until it has ended or is paused; the rollout then. Fails (config) where none is under way, (timeout) when the time is up, (cluster) where the cluster
// is out of reach for too long: it goes on all the same.
Result<Rollout> follow_rollout(Cluster& cluster, const ObjectRef& deployment, const FollowOptions& options);

}  // namespace mlopsctl::k8s
