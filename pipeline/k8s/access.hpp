// Access: how to reach a cluster and as whom. Read from what kubectl reads: kubeconfig files, else a pod's own service account.
//
// As client-go 1.36 does it (k8s.io/client-go/tools/clientcmd): an explicit file, else every file of $KUBECONFIG (the first to name a thing
// wins), else ~/.kube/config; paths are relative to the file that has them; credentials are for https only; where no file says anything, the
// service account that a pod is given. Unlike it, we never fall back to localhost:8080.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::k8s {

// A program that prints an ExecCredential.
struct ExecPlugin {
  std::string command;
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  std::string api_version;  // client.authentication.k8s.io/v1 or v1beta1
  std::string install_hint;
  bool provide_cluster_info = false;
  std::string interactive_mode;  // Never, IfAvailable or Always
  Json cluster_config;           // the cluster's extension "client.authentication.k8s.io/exec"; null: none
};

struct Impersonation {
  std::string user, uid;
  std::vector<std::string> groups;
  std::map<std::string, std::vector<std::string>> extra;
};

struct Access {
  std::string context, cluster, user;  // names in the kubeconfig; empty in a pod
  std::string name_space = "default";

  std::string server;       // "https://host:port" or with a path
  std::string server_name;  // for SNI and the certificate; empty: the server's host
  bool insecure = false;
  std::string ca_file, ca_data;  // PEM; the data goes first
  std::string proxy_url;         // empty: the environment's
  bool compression = true;

  std::string certificate_file, certificate_data, key_file, key_data;  // PEM; the data goes first
  std::string token, token_file;                                       // the file goes first
  std::string username, password;
  std::optional<ExecPlugin> exec;  // asked only where there is nothing of the above
  Impersonation as;
};

struct AccessOptions {
  std::filesystem::path kubeconfig;  // explicit; empty: by the environment
  std::string context, name_space;   // empty: what the kubeconfig says
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::filesystem::path service_account = "/var/run/secrets/kubernetes.io/serviceaccount";
};

// Fails (config) with the file and the place in it, or, where there is no cluster at all, saying where was looked.
Result<Access> find_access(const AccessOptions& options);

}  // namespace mlopsctl::k8s
