// How a promotion begins: from what the cluster has.
#pragma once

#include <optional>
#include <string>

#include "pipeline/k8s/objects.hpp"
#include "pipeline/k8s/rollout/rollout.hpp"

namespace mlopsctl::k8s {

struct Origin {
  std::string who, commit, record;  // of the history
};

// Whether a change of this Deployment is a promotion: it says by which strategy (annotation mlopsctl/strategy).
bool is_promoted(const Json& deployment);
void set_strategy(Json& deployment, const Strategy& strategy);

// The most pods that its candidate will have beside it, where it has so many itself.
int64_t most_candidates(const Json& deployment, int64_t replicas);

// Of `target` in place of what is live; its gates are those of its annotation mlopsctl/gates. Nothing: there is nothing to keep up (no Deployment,
// none that we applied, no pod that answers). Fails as plan_rollout does.
Result<std::optional<Rollout>> begin_rollout(Cluster& cluster, const Json& target, const Origin& origin);

// Back to a model that the Deployment served before, by the start of its digest; empty: to the one before this. Pods that are available are enough.
// Fails (config) where there is none in its ReplicaSets, naming those that there are.
Result<Rollout> begin_rollback(Cluster& cluster, const ObjectRef& deployment, const std::string& digest, const Origin& origin);

}  // namespace mlopsctl::k8s
