#include "pipeline/k8s/access.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "pipeline/base/error_json.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/k8s/kubeconfig.hpp"

namespace mlopsctl::k8s {

namespace {

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

class Faults {
 public:
  void add(std::string message) { found_.push_back(config_error(std::move(message))); }
  void readable(const std::string& file, const std::string& what) {
    if (!file.empty() && ::access(file.c_str(), R_OK) != 0) add(what + ": cannot read " + file + ": " + std::strerror(errno));
  }
  void only_one(const std::string& a, const std::string& b, const std::string& what) {
    if (!a.empty() && !b.empty()) add(what + " and " + what + "-data are both given; keep one of them");
  }
  bool none() const { return found_.empty(); }
  Error joined() { return join(std::move(found_)); }

 private:
  std::vector<Error> found_;
};

bool proxy_is_known(const std::string& url) { return url.starts_with("http://") || url.starts_with("https://") || url.starts_with("socks5://"); }

void check_cluster(const Access& cluster, const std::string& name, Faults& faults) {
  const std::string of = "cluster " + quoted(name) + ": ";
  if (cluster.server.empty()) faults.add(of + "has no server");
  if (!cluster.proxy_url.empty() && !proxy_is_known(cluster.proxy_url)) faults.add(of + "proxy-url: expected http://, https:// or socks5://");
  faults.only_one(cluster.ca_file, cluster.ca_data, of + "certificate-authority");
  faults.readable(cluster.ca_file, of + "certificate-authority");
  if (cluster.insecure && !(cluster.ca_file.empty() && cluster.ca_data.empty()))
    faults.add(of + "insecure-skip-tls-verify contradicts certificate-authority; keep one of them");
}

void check_exec(const ExecPlugin& exec, const std::string& of, Faults& faults) {
  if (exec.command.empty()) faults.add(of + "exec has no command");
  if (exec.api_version != "client.authentication.k8s.io/v1" && exec.api_version != "client.authentication.k8s.io/v1beta1")
    faults.add(of + "exec.apiVersion: expected client.authentication.k8s.io/v1 or v1beta1, got " + quoted(exec.api_version));
  if (exec.interactive_mode != "Never" && exec.interactive_mode != "IfAvailable" && exec.interactive_mode != "Always")
    faults.add(of + "exec.interactiveMode: expected Never, IfAvailable or Always, got " + quoted(exec.interactive_mode));
  for (const auto& [name, unused] : exec.env)
    if (name.empty()) faults.add(of + "exec.env has a variable without a name");
}

void check_user(const Access& user, const std::string& name, Faults& faults) {
  const std::string of = "user " + quoted(name) + ": ";
  if (!user.certificate_file.empty() || !user.certificate_data.empty()) {
    faults.only_one(user.certificate_file, user.certificate_data, of + "client-certificate");
    faults.only_one(user.key_file, user.key_data, of + "client-key");
    if (user.key_file.empty() && user.key_data.empty()) faults.add(of + "client-certificate is given without client-key");
    faults.readable(user.certificate_file, of + "client-certificate");
    faults.readable(user.key_file, of + "client-key");
  }
  const bool basic = !user.username.empty() || !user.password.empty();
  if (basic && !(user.token.empty() && user.token_file.empty())) faults.add(of + "a token and a user name are both given; keep one of them");
  if (user.token.empty()) faults.readable(user.token_file, of + "tokenFile");
  if (user.exec) check_exec(*user.exec, of, faults);
  if (user.as.user.empty() && !(user.as.uid.empty() && user.as.groups.empty() && user.as.extra.empty()))
    faults.add(of + "as-uid, as-groups and as-user-extra need \"as\"");
}

Access combined(Access cluster, const Access& user) {
  if (!cluster.server.empty() && cluster.server.find("://") == std::string::npos) cluster.server = "http://" + cluster.server;
  cluster.as = user.as;
  auto extension = cluster.exec ? cluster.exec->cluster_config : Json();
  cluster.exec.reset();
  if (!cluster.server.starts_with("https://")) return cluster;  // what identifies somebody is never sent in the clear
  cluster.certificate_file = user.certificate_file, cluster.certificate_data = user.certificate_data;
  cluster.key_file = user.key_file, cluster.key_data = user.key_data;
  cluster.token = user.token, cluster.token_file = user.token_file;
  cluster.username = user.username, cluster.password = user.password;
  cluster.exec = user.exec;
  if (cluster.exec) cluster.exec->cluster_config = std::move(extension);
  return cluster;
}

// A file that cannot be read is a wrong configuration, not a stage that failed.
Result<std::string> read_configured(const std::filesystem::path& file) {
  auto text = read_file(file);
  if (!text) text.error().kind = ErrorKind::config;
  return text;
}

Result<Access> in_a_pod(const AccessOptions& options, const std::string& host, const std::string& port) {
  const auto& folder = options.service_account;
  Access access;
  access.server = "https://" + (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
  access.token_file = (folder / "token").string();
  if (auto token = read_configured(access.token_file); !token) return std::move(token).error().note("while looking for the pod's service account");
  if (const auto ca = (folder / "ca.crt").string(); ::access(ca.c_str(), R_OK) == 0) access.ca_file = ca;
  if (const auto told = options.environment("POD_NAMESPACE"); told && !told->empty()) access.name_space = *told;
  else if (auto name = read_file(folder / "namespace")) {
    const auto first = name->find_first_not_of(" \t\r\n"), last = name->find_last_not_of(" \t\r\n");
    if (first != std::string::npos) access.name_space = name->substr(first, last - first + 1);
  }
  return access;
}

// The files to read, in order.
std::vector<std::string> files_of(const AccessOptions& options) {
  if (const auto listed = options.environment("KUBECONFIG"); listed && !listed->empty()) {
    std::vector<std::string> files;
    for (size_t at = 0; at <= listed->size();) {
      const size_t end = std::min(listed->find(':', at), listed->size());
      const std::string file = listed->substr(at, end - at);
      if (!file.empty() && std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
      at = end + 1;
    }
    return files;
  }
  if (const auto home = options.environment("HOME"); home && !home->empty()) return {*home + "/.kube/config"};
  return {};
}

Result<Kubeconfig> read_all(const AccessOptions& options, std::vector<std::string>& looked) {
  if (!options.kubeconfig.empty()) {
    looked = {options.kubeconfig.string()};
    TRY_ASSIGN(auto text, read_configured(options.kubeconfig));
    return parse_kubeconfig(std::move(text), options.kubeconfig);
  }
  looked = files_of(options);
  Kubeconfig config;
  for (const auto& file : looked) {
    if (::access(file.c_str(), F_OK) != 0 && errno == ENOENT) continue;
    TRY_ASSIGN(auto text, read_configured(file));
    TRY_ASSIGN(auto more, parse_kubeconfig(std::move(text), file));
    merge(config, std::move(more));
  }
  return config;
}

}  // namespace

Result<Access> access_of(const Kubeconfig& config, const std::string& asked) {
  const std::string name = asked.empty() ? config.current_context : asked;
  const auto context = config.contexts.find(name);
  if (context == config.contexts.end()) {
    std::vector<std::string> names;
    for (const auto& [each, unused] : config.contexts) names.push_back(each);
    if (name.empty()) return config_error("the kubeconfig has no current context").with_hint(names.empty() ? "" : "choose one: --context " + names.front());
    Error error = config_error("the kubeconfig has no context " + quoted(name));
    if (const auto near = nearest(name, names)) error.hint = "did you mean " + quoted(*near) + "?";
    return error;
  }
  const KubeContext& chosen = context->second;
  Faults faults;
  const auto cluster = config.clusters.find(chosen.cluster);
  const auto user = config.users.find(chosen.user);
  if (cluster == config.clusters.end()) faults.add("context " + quoted(name) + " names the cluster " + quoted(chosen.cluster) + ", which is not there");
  else check_cluster(cluster->second, chosen.cluster, faults);
  if (user != config.users.end()) check_user(user->second, chosen.user, faults);
  if (!faults.none()) return faults.joined();

  Access access = combined(cluster->second, user == config.users.end() ? Access() : user->second);
  access.context = name, access.cluster = chosen.cluster, access.user = chosen.user;
  if (!chosen.name_space.empty()) access.name_space = chosen.name_space;
  return access;
}

Result<Access> find_access(const AccessOptions& options) {
  std::vector<std::string> looked;
  TRY_ASSIGN(const Kubeconfig config, read_all(options, looked));
  const auto host = options.environment("KUBERNETES_SERVICE_HOST"), port = options.environment("KUBERNETES_SERVICE_PORT");
  const bool in_pod = host && !host->empty() && port && !port->empty();
  const auto with_namespace = [&](Result<Access> found) {
    if (found && !options.name_space.empty()) found->name_space = options.name_space;
    return found;
  };
  if (config.empty() && options.kubeconfig.empty() && options.context.empty() && in_pod) return with_namespace(in_a_pod(options, *host, *port));
  if (config.empty()) {
    std::string where;
    for (const auto& file : looked) where += (where.empty() ? "" : ", ") + file;
    return config_error("no cluster is configured; looked in " + (where.empty() ? "no file, for neither KUBECONFIG nor HOME is set" : where))
        .with_hint("name a kubeconfig: KUBECONFIG=FILE or --kubeconfig FILE");
  }
  return with_namespace(access_of(config, options.context));
}

}  // namespace mlopsctl::k8s
