#include "pipeline/k8s/access.hpp"

#include <gmock/gmock.h>

#include "pipeline/k8s/kubeconfig.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::k8s {
namespace {

using ::testing::ElementsAre;

// That each of these means what kubectl takes it for, tests/e2e/kubeconfig finds out; here is what we say when it cannot be used.
struct AccessWorld {
  testing::TemporaryFolder folder;
  std::map<std::string, std::string> environment;
  AccessOptions options;

  AccessWorld() {
    options.environment = [this](const std::string& name) {
      const auto found = environment.find(name);
      return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
    options.service_account = folder / "account";
    environment["KUBECONFIG"] = (folder / "config").string();
  }
  std::vector<std::string> messages() const {
    const auto access = find_access(options);
    if (access) return {};
    std::vector<std::string> all{access.error().message};
    if (const auto& span = access.error().span)
      all[0] = std::filesystem::path(span->file).filename().string() + ":" + std::to_string(span->line) + ": " + all[0];
    for (const Error& more : access.error().also) all.push_back(more.message);
    return all;
  }
};

const std::string whole = R"(current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "https://cluster.test:6443"}}]
users: [{name: u, user: {token: t}}]
)";

TEST(Access, SaysWhereItLooked) {
  AccessWorld world;
  EXPECT_THAT(world.messages(), ElementsAre("no cluster is configured; looked in " + (world.folder / "config").string()));
  world.environment.erase("KUBECONFIG");
  EXPECT_THAT(world.messages(), ElementsAre("no cluster is configured; looked in no file, for neither KUBECONFIG nor HOME is set"));
  world.environment["HOME"] = "/nowhere";
  EXPECT_THAT(world.messages(), ElementsAre("no cluster is configured; looked in /nowhere/.kube/config"));
  world.options.kubeconfig = world.folder / "other";
  EXPECT_THAT(world.messages(), ElementsAre("cannot open " + (world.folder / "other").string() + ": No such file or directory"));
}

TEST(Access, SuggestsTheContextThatWasMeant) {
  AccessWorld world;
  std::string shop = whole;
  shop.replace(shop.find("name: c"), 7, "name: shop");
  world.folder.write("config", shop);
  world.options.context = "shpo";
  const auto access = find_access(world.options);
  ASSERT_FALSE(access.ok());
  EXPECT_EQ(access.error().message, "the kubeconfig has no context \"shpo\"");
  EXPECT_EQ(access.error().hint, "did you mean \"shop\"?");
  world.folder.write("config", whole.substr(whole.find("contexts")));
  world.options.context.clear();
  const auto none = find_access(world.options);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().message, "the kubeconfig has no current context");
  EXPECT_EQ(none.error().hint, "choose one: --context c");
}

TEST(Access, ReportsEveryFaultOfAFileButNoSecret) {
  AccessWorld world;
  world.folder.write("config", R"(current-context: [c]
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters:
- name: k
  cluster: {server: 7, insecure-skip-tls-verify: maybe, certificate-authority-data: "hush!"}
users: [{name: u, user: {token: 12345, auth-provider: {name: gcp}, exec: later}}]
)");
  EXPECT_THAT(world.messages(),
              ElementsAre("config:1: current-context: expected text, got a list", "server: expected text", "insecure-skip-tls-verify: expected true or false",
                          "certificate-authority-data: expected Base64", "token: expected text", "exec: expected a mapping",
                          "auth-provider is no longer known; kubectl dropped it, too, in 1.26"));
}

TEST(Access, ReportsEveryContradiction) {
  AccessWorld world;
  world.folder.write("config", R"(current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters:
- name: k
  cluster: {proxy-url: "ftp://proxy", certificate-authority-data: QQ==, insecure-skip-tls-verify: true}
users:
- name: u
  user:
    client-certificate-data: QQ==
    token: t
    username: me
    as-groups: [a]
    exec: {apiVersion: client.authentication.k8s.io/v2, env: [{value: x}]}
)");
  EXPECT_THAT(world.messages(),
              ElementsAre("cluster \"k\": has no server", "cluster \"k\": proxy-url: expected http://, https:// or socks5://",
                          "cluster \"k\": insecure-skip-tls-verify contradicts certificate-authority; keep one of them",
                          "user \"u\": client-certificate is given without client-key", "user \"u\": a token and a user name are both given; keep one of them",
                          "user \"u\": exec has no command",
                          "user \"u\": exec.apiVersion: expected client.authentication.k8s.io/v1 or v1beta1, got \"client.authentication.k8s.io/v2\"",
                          "user \"u\": exec.interactiveMode: expected Never, IfAvailable or Always, got \"\"",
                          "user \"u\": exec.env has a variable without a name", "user \"u\": as-uid, as-groups and as-user-extra need \"as\""));
}

TEST(Access, OfAPodItIsTheServiceAccount) {
  AccessWorld world;
  world.environment = {{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
  EXPECT_THAT(world.messages(), ElementsAre("cannot open " + (world.folder / "account/token").string() + ": No such file or directory"));
  world.folder.write("account/token", "t\n");
  world.folder.write("account/ca.crt", "pem");
  world.folder.write("account/namespace", "shop\n");
  auto access = find_access(world.options);
  ASSERT_TRUE(access.ok()) << access.error().message;
  EXPECT_EQ(access->server, "https://10.96.0.1:443");
  EXPECT_EQ(access->token_file, (world.folder / "account/token").string());
  EXPECT_EQ(access->ca_file, (world.folder / "account/ca.crt").string());
  EXPECT_EQ(access->name_space, "shop");
  world.environment["KUBERNETES_SERVICE_HOST"] = "fd00::1";
  world.environment["POD_NAMESPACE"] = "told";
  access = find_access(world.options);
  ASSERT_TRUE(access.ok()) << access.error().message;
  EXPECT_EQ(access->server, "https://[fd00::1]:443");
  EXPECT_EQ(access->name_space, "told");
  // A kubeconfig goes first.
  world.environment["KUBECONFIG"] = world.folder.write("config", whole).string();
  access = find_access(world.options);
  ASSERT_TRUE(access.ok()) << access.error().message;
  EXPECT_EQ(access->server, "https://cluster.test:6443");
}

}  // namespace
}  // namespace mlopsctl::k8s
