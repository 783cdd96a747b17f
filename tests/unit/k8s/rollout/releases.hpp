// Two releases of one server and its Service, as `render` makes them.
#pragma once

#include "pipeline/k8s/render.hpp"
#include "pipeline/k8s/rollout/rollout.hpp"
#include "tests/unit/k8s/release_options.hpp"

namespace mlopsctl::k8s {

inline Json rendered_object(const std::string& kind, const std::string& model, int replicas) {
  ReleaseOptions options = minimal();
  options.replicas = replicas;
  options.model = digest_of(model);
  const auto set = render(options);
  for (const auto& manifest : set->manifests)
    if (manifest.kind == kind) return manifest.object;
  return {};
}

inline Result<Rollout> planned(const Strategy& strategy, int replicas) {
  return plan_rollout(rendered_object("Deployment", "old", replicas), rendered_object("Deployment", "new", replicas),
                      rendered_object("Service", "old", replicas), {strategy, {}, replicas});
}

}  // namespace mlopsctl::k8s
