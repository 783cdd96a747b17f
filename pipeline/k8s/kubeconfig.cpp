#include "pipeline/k8s/kubeconfig.hpp"

#include "pipeline/base/base64.hpp"
#include "pipeline/base/document.hpp"
#include "pipeline/base/error_json.hpp"

namespace mlopsctl::k8s {

namespace {

// Reads fields one by one and keeps every fault with its place.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : folder_(std::filesystem::absolute(file).parent_path()) {}

  const Node* mapping(const Node& in, std::string_view key) { return of_kind(in, key, Node::Kind::mapping, "a mapping"); }
  const Node* list(const Node& in, std::string_view key) { return of_kind(in, key, Node::Kind::sequence, "a list"); }

  std::string text(const Node& in, std::string_view key) {
    const Node* node = in.find(key);
    if (node == nullptr || node->kind == Node::Kind::null) return {};
    if (node->kind == Node::Kind::scalar && !(node->plain && (node->as_number() || node->as_bool()))) return node->scalar;
    fault(*node, key, "text");
    return {};
  }
  bool flag(const Node& in, std::string_view key) {
    const Node* node = in.find(key);
    if (node == nullptr || node->kind == Node::Kind::null) return false;
    const auto value = node->as_bool();
    if (!value) fault(*node, key, "true or false");
    return value.value_or(false);
  }
  std::vector<std::string> texts(const Node& in, std::string_view key) {
    std::vector<std::string> values;
    if (const Node* items = list(in, key))
      for (const Node& item : items->items) {
        if (item.kind == Node::Kind::scalar && !(item.plain && (item.as_number() || item.as_bool()))) values.push_back(item.scalar);
        else fault(item, key, "a list of texts");
      }
    return values;
  }
  std::string path(const Node& in, std::string_view key) { return absolute(text(in, key)); }
  std::string absolute(const std::string& path) const { return path.empty() ? path : (folder_ / path).lexically_normal().string(); }
  std::string data(const Node& in, std::string_view key) {
    const std::string encoded = text(in, key);
    auto bytes = from_base64(encoded);
    if (!bytes) fault(*in.find(key), key, "Base64");
    return bytes.value_or("");
  }

  void fault(const Node& at, std::string_view key, const std::string& expected) {
    // What was found may be a secret.
    Error error = config_error(std::string(key) + ": expected " + expected);
    if (at.kind != Node::Kind::scalar) error.message += ", got " + at.describe();
    error.span = at.span();
    error.span->excerpt.clear();
    faults.push_back(std::move(error));
  }

  std::vector<Error> faults;

 private:
  const Node* of_kind(const Node& in, std::string_view key, Node::Kind kind, const char* expected) {
    const Node* node = in.find(key);
    if (node == nullptr || node->kind == Node::Kind::null) return nullptr;
    if (node->kind == kind) return node;
    fault(*node, key, expected);
    return nullptr;
  }
  std::filesystem::path folder_;
};

Access read_cluster(Reader& reader, const Node& in) {
  Access cluster;
  cluster.server = reader.text(in, "server");
  cluster.server_name = reader.text(in, "tls-server-name");
  cluster.insecure = reader.flag(in, "insecure-skip-tls-verify");
  cluster.ca_file = reader.path(in, "certificate-authority");
  cluster.ca_data = reader.data(in, "certificate-authority-data");
  cluster.proxy_url = reader.text(in, "proxy-url");
  cluster.compression = !reader.flag(in, "disable-compression");
  if (const Node* extensions = reader.list(in, "extensions"))
    for (const Node& item : extensions->items)
      if (reader.text(item, "name") == "client.authentication.k8s.io/exec")
        if (const Node* extension = item.find("extension")) cluster.exec.emplace().cluster_config = to_json(*extension);
  return cluster;
}

ExecPlugin read_exec(Reader& reader, const Node& in) {
  ExecPlugin exec;
  exec.command = reader.text(in, "command");
  // With a slash in it, it is a file beside the kubeconfig; without, it is looked for in $PATH.
  if (exec.command.find('/') != std::string::npos) exec.command = reader.absolute(exec.command);
  exec.args = reader.texts(in, "args");
  if (const Node* variables = reader.list(in, "env"))
    for (const Node& variable : variables->items) exec.env.emplace_back(reader.text(variable, "name"), reader.text(variable, "value"));
  exec.api_version = reader.text(in, "apiVersion");
  exec.install_hint = reader.text(in, "installHint");
  exec.provide_cluster_info = reader.flag(in, "provideClusterInfo");
  exec.interactive_mode = reader.text(in, "interactiveMode");
  if (exec.interactive_mode.empty() && exec.api_version == "client.authentication.k8s.io/v1beta1") exec.interactive_mode = "IfAvailable";
  return exec;
}

Access read_user(Reader& reader, const Node& in) {
  Access user;
  user.certificate_file = reader.path(in, "client-certificate");
  user.certificate_data = reader.data(in, "client-certificate-data");
  user.key_file = reader.path(in, "client-key");
  user.key_data = reader.data(in, "client-key-data");
  user.token = reader.text(in, "token");
  user.token_file = reader.path(in, "tokenFile");
  user.username = reader.text(in, "username");
  user.password = reader.text(in, "password");
  user.as.user = reader.text(in, "as");
  user.as.uid = reader.text(in, "as-uid");
  user.as.groups = reader.texts(in, "as-groups");
  if (const Node* extra = reader.mapping(in, "as-user-extra"))
    for (const auto& [key, unused] : extra->entries) user.as.extra[key.scalar] = reader.texts(*extra, key.scalar);
  if (const Node* exec = reader.mapping(in, "exec")) user.exec = read_exec(reader, *exec);
  if (const Node* provider = in.find("auth-provider"); provider != nullptr && provider->kind != Node::Kind::null) {
    Error error = config_error("auth-provider is no longer known; kubectl dropped it, too, in 1.26").with_hint("use an exec plug-in of your provider");
    error.span = provider->span();
    error.span->excerpt.clear();
    reader.faults.push_back(std::move(error));
  }
  return user;
}

// The items of "contexts", "clusters" or "users" by their names. Of one name twice the first counts.
template <typename T, typename Read>
void read_named(Reader& reader, const Node& in, std::string_view list, std::string_view what, std::map<std::string, T>& into, Read read) {
  const Node* items = reader.list(in, list);
  if (items == nullptr) return;
  static const Node nothing{};
  for (const Node& item : items->items) {
    const Node* value = reader.mapping(item, what);
    into.emplace(reader.text(item, "name"), read(reader, value == nullptr ? nothing : *value));
  }
}

}  // namespace

Result<Kubeconfig> parse_kubeconfig(std::string text, const std::filesystem::path& file) {
  TRY_ASSIGN(const Node root, parse_yaml(std::move(text), file.string()));
  Kubeconfig config;
  if (root.kind == Node::Kind::null) return config;
  if (root.kind != Node::Kind::mapping) {
    Error error = config_error("a kubeconfig is a mapping, not " + root.describe());
    error.span = root.span();
    return error;
  }
  Reader reader(file);
  config.current_context = reader.text(root, "current-context");
  read_named(reader, root, "contexts", "context", config.contexts, [](Reader& from, const Node& in) {
    return KubeContext{from.text(in, "cluster"), from.text(in, "user"), from.text(in, "namespace")};
  });
  read_named(reader, root, "clusters", "cluster", config.clusters, read_cluster);
  read_named(reader, root, "users", "user", config.users, read_user);
  if (reader.faults.empty()) return config;
  return join(std::move(reader.faults));
}

void merge(Kubeconfig& base, Kubeconfig more) {
  if (base.current_context.empty()) base.current_context = std::move(more.current_context);
  base.contexts.merge(more.contexts);
  base.clusters.merge(more.clusters);
  base.users.merge(more.users);
}

}  // namespace mlopsctl::k8s
