// Where the API server keeps objects: kinds and their paths.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::k8s {

struct Resource {
  std::string_view api_version;  // "apps/v1"
  std::string_view kind;         // "Deployment"
  std::string_view plural;       // "deployments"
  bool namespaced = true;
  std::string_view group() const;  // "apps"; empty for "v1"
  // "/apis/apps/v1/namespaces/shop/deployments"; with an empty name_space: of all
  std::string path(const std::string& name_space) const;
};

namespace resources {
extern const Resource namespaces, pods, events, config_maps, secrets, services, service_accounts, volume_claims, quotas, nodes, deployments, replica_sets,
    autoscalers, budgets, network_policies, jobs, cron_jobs, leases, endpoint_slices;
}

// Of a kind that we render or read; config error for others.
Result<const Resource*> find_resource(std::string_view api_version, std::string_view kind);

struct ObjectRef {
  const Resource* resource = nullptr;
  std::string name_space, name;
  std::string path() const;
  std::string str() const;  // "Deployment shop/web", "Namespace shop"
};
ObjectRef ref(const Resource& resource, std::string name_space, std::string name);
// Of an object's apiVersion, kind and metadata.
Result<ObjectRef> ref_of(const Json& object);

// The value at a path of keys, or null: at(pod, "status", "phase").
const Json& at(const Json& object, std::string_view key);
template <typename... More>
const Json& at(const Json& object, std::string_view key, More... more) {
  return at(at(object, key), more...);
}
// Of an object's status.conditions the one of that type, or null.
const Json& condition(const Json& object, std::string_view type);
// Whether its metadata.ownerReferences name an object of that uid.
bool owned_by(const Json& object, std::string_view uid);
// The text or number there; else the other.
std::string text_at(const Json& value, std::string otherwise = {});
int64_t number_at(const Json& value, int64_t otherwise = 0);

}  // namespace mlopsctl::k8s
