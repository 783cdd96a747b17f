#include "pipeline/k8s/rollout/manifests.hpp"

#include <algorithm>

#include "pipeline/k8s/objects.hpp"

namespace mlopsctl::k8s {

namespace {

constexpr const char* name_label = "app.kubernetes.io/name";
constexpr const char* model_annotation = "mlopsctl/model";
constexpr std::string_view suffix = "-candidate";

bool has_values(const Json& item, const Json& keys) {
  for (const auto& [key, value] : keys.items())
    if (at(item, key) != value) return false;
  return true;
}

Json part(const Json& live, const Json& owned);

// In the order of the list: another would be another list, whose pods are new ones.
Json part_of_list(const Json& live, const Json& owned) {
  Json result = Json::array();
  for (const Json& item : live)
    for (const auto& [key, below] : owned.items()) {
      if (!key.starts_with("k:") && !key.starts_with("v:")) continue;
      const Json wanted = Json::parse(key.substr(2), nullptr, false);
      if (key.starts_with("k:") ? !has_values(item, wanted) : item != wanted) continue;
      result.push_back(part(item, below));
      break;
    }
  return result;
}

// The fields of `live` that `owned` names, in the form of metadata.managedFields: "f:" a field, "k:" a list's item by its keys, "v:" by its value.
Json part(const Json& live, const Json& owned) {
  if (!owned.is_object() || owned.empty() || !live.is_structured()) return live;
  if (live.is_array()) return part_of_list(live, owned);
  Json result = Json::object();
  for (const auto& [key, below] : owned.items())
    if (const std::string name = key.substr(std::min<size_t>(2, key.size())); key.starts_with("f:") && live.contains(name))
      result[name] = part(live[name], below);
  return result;
}

}  // namespace

Json applied_part(const Json& live) {
  for (const Json& entry : at(live, "metadata", "managedFields")) {
    if (at(entry, "manager") != field_manager || at(entry, "operation") != "Apply" || !text_at(at(entry, "subresource")).empty()) continue;
    if (at(entry, "apiVersion") != at(live, "apiVersion")) continue;  // its fields have other names there
    Json result = part(live, at(entry, "fieldsV1"));
    for (const char* key : {"apiVersion", "kind"}) result[key] = at(live, key);
    for (const char* key : {"name", "namespace"}) result["metadata"][key] = at(live, "metadata", key);
    return result;
  }
  return {};
}

std::string_view to_string(Traffic traffic) { return traffic == Traffic::stable ? "stable" : traffic == Traffic::candidate ? "candidate" : "all"; }

std::string candidate_name(const std::string& name) { return name + std::string(suffix); }

bool can_have_candidate(const Json& deployment) { return at(at(deployment, "spec", "selector", "matchLabels"), name_label).is_string(); }

Json candidate_of(Json deployment, int64_t replicas) {
  const std::string label = text_at(at(at(deployment, "spec", "selector", "matchLabels"), name_label));
  const auto rename = [&](Json& labels) {
    if (labels.is_object() && labels.contains(name_label)) labels[name_label] = candidate_name(label);
  };
  deployment["metadata"]["name"] = candidate_name(text_at(at(deployment, "metadata", "name")));
  rename(deployment["metadata"]["labels"]);
  Json& spec = deployment["spec"];
  spec["replicas"] = replicas;
  rename(spec["selector"]["matchLabels"]);
  rename(spec["template"]["metadata"]["labels"]);
  Json& pod = spec["template"]["spec"];
  if (pod.contains("topologySpreadConstraints"))
    for (Json& constraint : pod["topologySpreadConstraints"])
      if (constraint.contains("labelSelector")) rename(constraint["labelSelector"]["matchLabels"]);
  return deployment;
}

Json with_replicas(Json deployment, std::optional<int64_t> replicas) {
  if (replicas) deployment["spec"]["replicas"] = *replicas;
  else deployment["spec"].erase("replicas");
  return deployment;
}

Json with_traffic(Json service, const Json& deployment, Traffic traffic) {
  const std::string label = text_at(at(at(deployment, "spec", "selector", "matchLabels"), name_label));
  Json& selector = service["spec"]["selector"];
  if (traffic == Traffic::all) selector.erase(name_label);
  else selector[name_label] = traffic == Traffic::stable ? label : candidate_name(label);
  return service;
}

Traffic traffic_of(const Json& service) {
  const Json& label = at(at(service, "spec", "selector"), name_label);
  if (!label.is_string()) return Traffic::all;
  return text_at(label).ends_with(suffix) ? Traffic::candidate : Traffic::stable;
}

std::string model_of(const Json& object) {
  const std::string of_pods = text_at(at(at(object, "spec", "template", "metadata", "annotations"), model_annotation));
  return of_pods.empty() ? text_at(at(at(object, "metadata", "annotations"), model_annotation)) : of_pods;
}

}  // namespace mlopsctl::k8s
