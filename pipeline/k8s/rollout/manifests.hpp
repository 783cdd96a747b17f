// The manifests of a promotion: what was applied before, and the candidate that runs beside it for a while.
//
// The candidate is a Deployment of its own, whose pods differ from the stable ones in one label (app.kubernetes.io/name). The Service selects by
// the others, so that both get requests, or by that one as well, so that one of the two does.
#pragma once

#include <optional>
#include <string>

#include "pipeline/base/json.hpp"

namespace mlopsctl::k8s {

// What `field_manager` has applied of a live object, as it was applied (metadata.managedFields says which fields). Null: nothing.
Json applied_part(const Json& live);

enum class Traffic { stable, candidate, all };
std::string_view to_string(Traffic traffic);

std::string candidate_name(const std::string& name);
// Whether a candidate of it can be told apart from it.
bool can_have_candidate(const Json& deployment);
Json candidate_of(Json deployment, int64_t replicas);
// Nothing: the number is left to whom it belongs.
Json with_replicas(Json deployment, std::optional<int64_t> replicas);
// Whom a Service of the stable Deployment `name` sends requests to.
Json with_traffic(Json service, const Json& deployment, Traffic traffic);
Traffic traffic_of(const Json& service);

// "sha256:..." of the model that a Deployment or ReplicaSet serves; empty: it does not say.
std::string model_of(const Json& object);

}  // namespace mlopsctl::k8s
