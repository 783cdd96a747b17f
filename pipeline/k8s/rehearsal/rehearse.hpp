// Rehearses the promotion of a release: begins and drives it as in a cluster, in simulated ones, in each of which something else goes wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/cancel.hpp"
#include "pipeline/k8s/manifest.hpp"
#include "pipeline/k8s/rehearsal/world.hpp"
#include "pipeline/k8s/rollout/rollout.hpp"

namespace mlopsctl::k8s {

struct RehearsalOptions {
  double rate = 100;              // requests a second, all together
  std::chrono::seconds start{5};  // from the start of a container until it answers; a fifth more or less by chance
  uint64_t seed = 1;
  const CancelToken* cancel = nullptr;  // null: nobody stops it
  // Before each scenario: which of how many it is. Null: nobody looks on.
  std::function<void(size_t number, size_t of, const std::string& name)> progress = {};
};

struct Scene {
  std::string name, what;  // "crash loop", "the new model's containers end a second after their start"
  enum class End { done, undone, stopped /* it waits in the cluster for resume or abort */ };
  End end = End::stopped;
  std::string why = {};  // of undone and stopped
  size_t runs = 1;       // one for each write of the promotion that failed, or after which it was killed; then the worst of all counts
  int64_t floor = 0;     // pods that answered when it began, without those that the scenario itself takes away
  int64_t least = 0;     // pods that got requests and answered, at the least
  int64_t requests = 0, failed = 0;
  double seconds = 0;                       // from the begin of the promotion to its end
  std::optional<double> undo_seconds = {};  // from the decision to undo it, or to roll it back, until all is as before
  std::string fault = {};                   // what must not be; empty: all is well
};
std::string_view to_string(Scene::End end);

struct Rehearsal {
  Rollout plan;  // as it begins
  std::vector<Scene> scenes;
  std::vector<std::string> assumptions;  // what was taken for granted about what cannot be simulated
};
// Of each Deployment of the set, over a release like it that has another model. Fails (config) as plan_rollout does, and
// where the pods of even the old model are not available, nobody would ask them, or they are recreated, not rolled; (interrupted) when told to stop.
Result<std::vector<Rehearsal>> rehearse(const ManifestSet& manifests, const RehearsalOptions& options);

// For tests: a cluster with the Deployment `before`, the Service, and requests that have come for two minutes.
Result<simulated::World> set_up(const Json& before, const Json& service, int64_t replicas, const RehearsalOptions& options);

}  // namespace mlopsctl::k8s
