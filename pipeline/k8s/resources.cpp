#include "pipeline/k8s/resources.hpp"

#include "pipeline/net/url.hpp"

namespace mlopsctl::k8s {

namespace resources {
const Resource namespaces{"v1", "Namespace", "namespaces", false};
const Resource pods{"v1", "Pod", "pods"};
const Resource events{"v1", "Event", "events"};
const Resource config_maps{"v1", "ConfigMap", "configmaps"};
const Resource secrets{"v1", "Secret", "secrets"};
const Resource services{"v1", "Service", "services"};
const Resource service_accounts{"v1", "ServiceAccount", "serviceaccounts"};
const Resource volume_claims{"v1", "PersistentVolumeClaim", "persistentvolumeclaims"};
const Resource quotas{"v1", "ResourceQuota", "resourcequotas"};
const Resource nodes{"v1", "Node", "nodes", false};
const Resource deployments{"apps/v1", "Deployment", "deployments"};
const Resource replica_sets{"apps/v1", "ReplicaSet", "replicasets"};
const Resource autoscalers{"autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"};
const Resource budgets{"policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"};
const Resource network_policies{"networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"};
const Resource jobs{"batch/v1", "Job", "jobs"};
const Resource cron_jobs{"batch/v1", "CronJob", "cronjobs"};
const Resource leases{"coordination.k8s.io/v1", "Lease", "leases"};
const Resource endpoint_slices{"discovery.k8s.io/v1", "EndpointSlice", "endpointslices"};
}  // namespace resources

namespace {

const Resource* const all[] = {&resources::namespaces,  &resources::pods,     &resources::events,           &resources::config_maps,
                               &resources::secrets,     &resources::services, &resources::service_accounts, &resources::volume_claims,
                               &resources::quotas,      &resources::nodes,    &resources::deployments,      &resources::replica_sets,
                               &resources::autoscalers, &resources::budgets,  &resources::network_policies, &resources::jobs,
                               &resources::cron_jobs,   &resources::leases,   &resources::endpoint_slices};

}  // namespace

std::string_view Resource::group() const {
  const size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

std::string Resource::path(const std::string& name_space) const {
  std::string path = (group().empty() ? "/api/" : "/apis/") + std::string(api_version);
  if (namespaced && !name_space.empty()) path += "/namespaces/" + net::percent_encoded(name_space, false);
  return path + "/" + std::string(plural);
}

Result<const Resource*> find_resource(std::string_view api_version, std::string_view kind) {
  for (const Resource* resource : all)
    if (resource->api_version == api_version && resource->kind == kind) return resource;
  return config_error("objects of kind " + std::string(kind) + " (" + std::string(api_version) + ") are not known here");
}

std::string ObjectRef::path() const { return resource->path(name_space) + "/" + net::percent_encoded(name, false); }
std::string ObjectRef::str() const { return std::string(resource->kind) + " " + (resource->namespaced ? name_space + "/" : "") + name; }

ObjectRef ref(const Resource& resource, std::string name_space, std::string name) { return {&resource, std::move(name_space), std::move(name)}; }

Result<ObjectRef> ref_of(const Json& object) {
  TRY_ASSIGN(const Resource* resource, find_resource(text_at(at(object, "apiVersion")), text_at(at(object, "kind"))));
  return ObjectRef{resource, text_at(at(object, "metadata", "namespace")), text_at(at(object, "metadata", "name"))};
}

const Json& at(const Json& object, std::string_view key) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

const Json& condition(const Json& object, std::string_view type) {
  static const Json nothing;
  for (const Json& each : at(object, "status", "conditions"))
    if (at(each, "type") == type) return each;
  return nothing;
}

bool owned_by(const Json& object, std::string_view uid) {
  for (const Json& owner : at(object, "metadata", "ownerReferences"))
    if (at(owner, "uid") == uid) return true;
  return false;
}

std::string text_at(const Json& value, std::string otherwise) { return value.is_string() ? value.get<std::string>() : std::move(otherwise); }
int64_t number_at(const Json& value, int64_t otherwise) { return value.is_number_integer() ? value.get<int64_t>() : otherwise; }

}  // namespace mlopsctl::k8s
