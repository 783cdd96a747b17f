// What an apply would change, as the server itself says it by a dry run: defaults, other owners' fields and admission are all in it. Only what is there
// just as we applied it last needs no asking.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/k8s/cluster.hpp"
#include "pipeline/k8s/manifest.hpp"
#include "pipeline/k8s/objects.hpp"

namespace mlopsctl::k8s {

struct FieldChange {
  std::string path;    // ".spec.template.spec.containers[server].image": items that have a name go by it
  Json before, after;  // null: not there
};
// What people wrote; without status and what the server keeps for itself. Values of a Secret are replaced by what says only that they differ.
std::vector<FieldChange> changes_between(const Json& before, const Json& after);

struct ObjectDiff {
  enum class Kind { same, create, change, refused };
  std::string object;  // "Deployment shop/web"
  Kind kind = Kind::same;
  std::vector<FieldChange> changes;  // of `change`
  std::optional<Refusal> refusal;    // of `refused`: an owned() field, an immutable one, a policy
  std::string version;               // of the live object; empty: there is none
  bool settled = false;              // an apply would leave every bit as it is, ownership too
  Json live, wanted;                 // of a Deployment: as it is, and as the server would make it; null: there is none, or it would not
};
std::string_view to_string(ObjectDiff::Kind kind);

struct ClusterDiff {
  std::vector<ObjectDiff> objects;
  bool same() const;
};

// What there is of a set, in its order.
struct Live {
  std::optional<Json> object;  // nothing: there is none
  // It is what the manifest says, to the letter, and was applied so by us (metadata.managedFields): to apply it again would say nothing new. The server
  // is not asked about it, so what an admission webhook of today would make of it does not show.
  bool as_applied = false;
};
Result<std::vector<Live>> look_up(Cluster& cluster, const ManifestSet& manifests);

// Changes nothing. An object in a namespace that the same set creates counts as created. `live`: as look_up() has found it.
Result<ClusterDiff> diff(Cluster& cluster, const ManifestSet& manifests, bool force, std::vector<Live> live);
Result<ClusterDiff> diff(Cluster& cluster, const ManifestSet& manifests, bool force);

}  // namespace mlopsctl::k8s
