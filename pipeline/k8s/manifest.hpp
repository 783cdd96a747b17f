// ManifestSet: rendered Kubernetes objects in the order in which they are applied.
#pragma once

#include <string>
#include <vector>

#include "pipeline/base/json.hpp"

namespace mlopsctl::k8s {

struct Manifest {
  std::string path;         // "10-namespace.yaml": sorted by name they are in apply order, as `kubectl apply -f FOLDER` takes them
  std::string api_version;  // "apps/v1"
  std::string kind;         // "Deployment"
  std::string name_space;   // empty for cluster-wide objects
  std::string name;
  Json object;        // the whole object
  std::string bytes;  // the YAML: equal objects have equal bytes

  // "Deployment airline/sentiment", "Namespace airline"
  std::string identity() const;
};

struct ManifestSet {
  std::vector<Manifest> manifests;
  // All of them as one YAML stream, each preceded by `---` and a comment with its path: what `mlopsctl render` prints.
  std::string stream() const;
};

}  // namespace mlopsctl::k8s
