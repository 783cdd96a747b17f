// Waiting for a Deployment, with reasons: every trouble is told when it shows, and waited for all the same, for many pass by themselves.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "pipeline/k8s/rollout_status.hpp"

namespace mlopsctl::k8s {

// What there is to see now; null deployment where it is gone.
Result<Observation> observe(Cluster& cluster, const ObjectRef& deployment);

struct WaitOptions {
  std::chrono::seconds timeout{600};
  int log_lines = 10;
  std::function<void(const Progress& progress)> moved = {};                          // its numbers changed
  std::function<void(const Trouble& trouble, const std::string& log)> trouble = {};  // once each
  std::function<Status()> every = {};                                                // each time round: renew a Lease, look at a clock
};

// Fails with the troubles of the last moment and their logs in the notes: timeout when the time is up or the Deployment's own deadline has
// passed, cluster when it is gone.
Result<Progress> wait_until_done(Cluster& cluster, const ObjectRef& deployment, const WaitOptions& options);

// The last lines of the log of the container in trouble; empty where there is none.
std::string log_of(Cluster& cluster, const std::string& name_space, const Trouble& trouble, int lines = 10);

}  // namespace mlopsctl::k8s
