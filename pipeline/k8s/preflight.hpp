// Everything that would stop a deployment, found out before anything is changed.
#pragma once

#include <string>
#include <vector>

#include "pipeline/k8s/cluster.hpp"
#include "pipeline/k8s/diff.hpp"
#include "pipeline/k8s/manifest.hpp"

namespace mlopsctl::k8s {

struct Finding {
  enum class Level { problem, note };
  Level level = Level::problem;
  std::string check;    // "access", "apply", "pod security", "quota", "autoscaler", "capacity"
  std::string object;   // "Deployment shop/web"; may be empty
  std::string message;  // what was found, what was expected
  std::string hint;
};

struct Preflight {
  std::vector<Finding> findings;
  ClusterDiff diff;
  bool fine() const;  // no problem among them
};

// Changes nothing: questions, lists and dry runs. What we may not look at is a note, not a problem. `force`: fields of others are taken over. Where all of
// it is there as we applied it last, nothing could stop it, and nothing more is asked.
Result<Preflight> preflight(Cluster& cluster, const ManifestSet& manifests, bool force);

// What pods ask for, and what is left for them. Cores and bytes.
struct Room {
  double cpu = 0, memory = 0;
  int64_t pods = 0;
};
Room requests_of(const Json& pod_spec);
// How many pods that need so much fit into the nodes' rooms; at most `most`.
int64_t pods_that_fit(const Room& need, std::vector<Room> rooms, int64_t most);
// Pods that exist at once over those that exist now while `wanted` takes the place of `live` (null: new).
int64_t extra_pods(const Json& live, const Json& wanted);

}  // namespace mlopsctl::k8s
