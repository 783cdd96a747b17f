#include "pipeline/k8s/rehearsal/world.hpp"

#include <algorithm>

#include "pipeline/k8s/resources.hpp"

namespace mlopsctl::k8s::simulated {

namespace {

Json metadata_of(const std::string& name, const std::string& uid, const std::string& name_space, const Json& labels, const std::string& owner) {
  return {
      {"name", name}, {"uid", uid}, {"namespace", name_space}, {"labels", labels}, {"ownerReferences", Json::array({{{"uid", owner}, {"controller", true}}})}};
}

}  // namespace

void World::pass(Time time) {
  const Time until = now + time;
  while (now < until) {
    const Time next = (now / tick + 1) * tick;
    now = std::min(next, until);
    if (now != next) return;
    run_pods(*this);
    run_controllers(*this);
    run_requests(*this);
  }
}

const Set* World::set_of(const Pod& pod) const {
  for (const Set& set : sets)
    if (set.uid == pod.set) return &set;
  return nullptr;
}

const Model& World::model_of(const Pod& pod) const {
  static const Model good;
  const Set* set = set_of(pod);
  const auto found = set == nullptr ? models.end() : models.find(set->model);
  return found == models.end() ? good : found->second;
}

bool World::answers(const Pod& pod) const {
  return !lost(pod.node) && pod.up && *pod.up <= now && (!pod.deleted || now < *pod.deleted + until_deaf(*this, pod));
}

void World::lose(size_t node) {
  for (const Pod& pod : pods) taken += pod.node == node && answers(pod) && std::find(known.begin(), known.end(), pod.uid) != known.end() ? 1 : 0;
  nodes[node] = now;
}

size_t World::look() const {
  size_t seed = static_cast<size_t>(changes);
  const auto mix = [&seed](int64_t value) { seed = (seed ^ static_cast<size_t>(value)) * 0x9e3779b97f4a7c15U, seed ^= seed >> 29U; };
  for (const Pod& pod : pods) mix(pod.ready ? pod.ready->count() : -1), mix(pod.deleted.has_value()), mix(pod.started > now), mix(pod.crashes);
  mix(static_cast<int64_t>(pods.size()));
  for (const Set& set : sets) mix(set.replicas), mix(set.count), mix(set.ready), mix(set.revision);
  for (const auto& [path, stored] : objects) mix(stored.progressed ? stored.progressed->count() : -1);
  return seed;
}

Json World::shown(const Set& set, const std::string& name_space) const {
  Json json{{"metadata", metadata_of(set.name, set.uid, name_space, at(set.pods, "metadata", "labels"), set.owner)},
            {"spec", {{"replicas", set.replicas}, {"template", set.pods}}},
            {"status", {{"replicas", set.count}, {"readyReplicas", set.ready}, {"availableReplicas", set.ready}}}};
  json["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = std::to_string(set.revision);
  return json;
}

Json World::shown(const Pod& pod, const std::string& name_space) const {
  const Set* set = set_of(pod);
  const Json none, &pattern = set == nullptr ? none : set->pods;
  const Json& containers = at(pattern, "spec", "containers");
  const Json& container = containers.is_array() && !containers.empty() ? containers[0] : none;
  Json json{{"metadata", metadata_of(pod.name, pod.uid, name_space, at(pattern, "metadata", "labels"), pod.set)},
            {"spec", {{"nodeName", "node-" + std::to_string(pod.node)}, {"containers", Json::array({{{"ports", at(container, "ports")}}})}}}};
  if (pod.deleted) json["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  const bool waits = pod.started > now;
  Json status{{"name", at(container, "name")}, {"ready", pod.ready.has_value()}, {"restartCount", std::max<int64_t>(0, pod.crashes - (waits ? 1 : 0))}};
  if (waits) status["state"]["waiting"]["reason"] = pod.crashes > 0 ? "CrashLoopBackOff" : "ContainerCreating";
  else status["state"]["running"] = Json::object();
  if (pod.crashes > 0) status["lastState"]["terminated"] = {{"exitCode", pod.exit_code}, {"reason", "Error"}};
  json["status"] = {{"phase", waits && pod.crashes == 0 ? "Pending" : "Running"},
                    {"conditions", Json::array({{{"type", "Ready"}, {"status", pod.ready ? "True" : "False"}}})},
                    {"containerStatuses", Json::array({std::move(status)})}};
  return json;
}

}  // namespace mlopsctl::k8s::simulated
