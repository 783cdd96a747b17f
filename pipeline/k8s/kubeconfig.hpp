// Kubeconfig: the content of one such file, or of several merged.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "pipeline/k8s/access.hpp"

namespace mlopsctl::k8s {

struct KubeContext {
  std::string cluster, user, name_space;
};

struct Kubeconfig {
  std::string current_context;
  std::map<std::string, KubeContext> contexts;
  std::map<std::string, Access> clusters;  // of each only what is said of a cluster
  std::map<std::string, Access> users;     // of each only what is said of a user

  bool empty() const { return current_context.empty() && contexts.empty() && clusters.empty() && users.empty(); }
};

// Unknown keys are passed over, as kubectl does: other programs keep theirs there.
Result<Kubeconfig> parse_kubeconfig(std::string text, const std::filesystem::path& file);
// What `base` has stays.
void merge(Kubeconfig& base, Kubeconfig more);
// What a context of it means, checked. Empty `context`: the current one. All faults are reported.
Result<Access> access_of(const Kubeconfig& config, const std::string& context);

}  // namespace mlopsctl::k8s
