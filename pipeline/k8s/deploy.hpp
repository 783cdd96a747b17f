// Deploying: a set of manifests into a cluster. Preflight, then apply in waves, then wait; under a Lease, so that two never do it at once.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/k8s/cluster.hpp"
#include "pipeline/k8s/manifest.hpp"
#include "pipeline/k8s/preflight.hpp"
#include "pipeline/k8s/rollout/begin.hpp"
#include "pipeline/k8s/wait.hpp"

namespace mlopsctl::k8s {

struct Applied {
  enum class What { created, changed, unchanged };
  std::string object;
  What what = What::unchanged;
};
std::string_view to_string(Applied::What what);

struct DeployReport {
  std::vector<Finding> findings;
  std::vector<Applied> applied;
  std::optional<Rollout> rollout;  // the promotion that was due: ended, or paused; where it is not promoted, what comes after it was not applied
  bool changed() const;
};

struct DeployOptions {
  std::string holder;  // of the Lease: who we are
  bool force = false;  // takes over fields that belong to others
  bool wait = true;
  std::optional<std::chrono::seconds> timeout = {};  // nothing: 600 s for pods, and for a promotion as long as its gates allow
  std::chrono::seconds lease{15};                    // how long another waits before it takes us for dead
  Origin origin = {};                                // of a promotion
  std::function<void(const Finding& finding)> found = {};
  std::function<void(const Applied& applied)> applied = {};
  std::function<void(const std::string& object, const Progress& progress)> moved = {};
  std::function<void(const std::string& object, const Trouble& trouble, const std::string& log)> trouble = {};
  std::function<void(const std::string& holder)> waiting = {};
  std::function<void(const std::string& sentence)> promoting = {};
};

// Nothing is changed where preflight finds a problem: all of them are in the error (cluster). Namespaces go first, then everything in the
// order of the set; Deployments are waited for at the end. A Deployment that says by which strategy, and whose pods answer already, is promoted
// where its pods change (rollout/drive.hpp), unless nobody waits for it. Fails (cluster) where a promotion of before has not ended.
Result<DeployReport> deploy(Cluster& cluster, const ManifestSet& manifests, const DeployOptions& options);

// A set from YAML: any number of documents. `name` is used in messages.
Result<ManifestSet> parse_manifests(std::string text, const std::string& name);

}  // namespace mlopsctl::k8s
