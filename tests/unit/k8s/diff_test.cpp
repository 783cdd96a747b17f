#include "pipeline/k8s/diff.hpp"

#include <gmock/gmock.h>

#include "pipeline/k8s/deploy.hpp"
#include "tests/support/scripted_cluster.hpp"

namespace mlopsctl::k8s {
namespace {

using ::testing::ElementsAre, ::testing::IsEmpty;
using testing::ScriptedCluster;

// "path: before -> after"
std::vector<std::string> changes(const char* before, const char* after) {
  std::vector<std::string> all;
  for (const auto& change : changes_between(Json::parse(before), Json::parse(after)))
    all.push_back(change.path + ": " + canonical(change.before) + " -> " + canonical(change.after));
  return all;
}

TEST(Changes, LeaveOutWhatTheServerKeepsForItself) {
  EXPECT_THAT(changes(R"({"metadata": {"name": "a", "uid": "1", "resourceVersion": "1", "generation": 1, "managedFields": [1]}, "status": {"x": 1}})",
                      R"({"metadata": {"name": "a", "uid": "2", "resourceVersion": "2", "generation": 2, "managedFields": [2]}})"),
              IsEmpty());
}

TEST(Changes, GoByNameWhereThereAreNames) {
  EXPECT_THAT(changes(R"({"c": [{"name": "a", "image": "x"}, {"name": "b"}]})", R"({"c": [{"name": "b", "port": 1}, {"name": "a", "image": "y"}]})"),
              ElementsAre(R"(.c[a].image: "x" -> "y")", ".c[b].port: null -> 1"));
  EXPECT_THAT(changes(R"({"c": [{"name": "a"}]})", R"({"c": [{"name": "b"}]})"),
              ElementsAre(R"(.c[a]: {"name":"a"} -> null)", R"(.c[b]: null -> {"name":"b"})"));
  EXPECT_THAT(changes(R"({"c": [1, 2, 3]})", R"({"c": [1, 4]})"), ElementsAre(".c[1]: 2 -> 4", ".c[2]: 3 -> null"));
  EXPECT_THAT(changes(R"({"m": {"example.com/x": "1"}})", R"({"m": {"example.com/x": "2"}})"), ElementsAre(R"(.m[example.com/x]: "1" -> "2")"));
}

TEST(Changes, NeverShowASecret) {
  EXPECT_THAT(changes(R"({"kind": "Secret", "data": {"a": "MQ==", "b": "Mg=="}})", R"({"kind": "Secret", "data": {"a": "Mw==", "c": "NA=="}})"),
              ElementsAre(R"x(.data.a: "(secret)" -> "(another secret)")x", R"x(.data.b: "(secret)" -> null)x", R"x(.data.c: null -> "(another secret)")x"));
}

TEST(Manifests, SayWhatIsMissing) {
  const auto fault = [](const std::string& text) {
    const auto set = parse_manifests(text, "m.yaml");
    return set ? "fine: " + std::to_string(set->manifests.size()) : set.error().message;
  };
  EXPECT_EQ(fault("---\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: a, namespace: shop}\n"), "fine: 1");
  EXPECT_EQ(fault("- a\n"), "a manifest is a mapping, not a list");
  EXPECT_EQ(fault("kind: ConfigMap\nmetadata: {name: a}\n"), "a manifest needs apiVersion, kind and metadata.name");
  EXPECT_EQ(fault("kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n"), "ConfigMap a has no metadata.namespace");
  EXPECT_EQ(fault("kind: Gadget\napiVersion: example.com/v1\nmetadata: {name: a}\n"), "objects of kind Gadget (example.com/v1) are not known here");
}

TEST(Diff, CountsWhatStandsInANamespaceToComeAsCreated) {
  ScriptedCluster cluster;
  cluster.answer = [](const Call& call) -> Result<Reply> {
    if (call.method == "GET" || call.path.find("/configmaps/") != std::string::npos)
      return ScriptedCluster::refused(404, "NotFound", "namespaces \"shop\" not found");
    return ScriptedCluster::ok(Json::parse(call.body), 201);
  };
  const std::string name_space = "kind: Namespace\napiVersion: v1\nmetadata: {name: shop}\n---\n";
  const std::string config_map = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a, namespace: shop}\n";
  const auto both = diff(cluster, *parse_manifests(name_space + config_map, "m"), false);
  ASSERT_TRUE(both.ok()) << both.error().message;
  EXPECT_EQ(both->objects[1].kind, ObjectDiff::Kind::create);
  const auto alone = diff(cluster, *parse_manifests(config_map, "m"), false);
  ASSERT_TRUE(alone.ok());
  EXPECT_EQ(alone->objects[0].kind, ObjectDiff::Kind::refused);
  for (const Call& call : cluster.calls) EXPECT_EQ(testing::query_of(call, "dryRun"), call.method == "GET" ? "" : "All");
}

TEST(Diff, AsksNothingAboutWhatIsThereJustAsItWasApplied) {
  ScriptedCluster cluster;
  Json live = Json::parse(R"({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "shop", "resourceVersion": "7", "managedFields": [
    {"manager": "mlopsctl", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:spec": {"f:ports": {
      "k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}}}}}]}, "spec": {"clusterIP": "10.0.0.1", "ports": [{"port": 80, "protocol": "TCP"}]}})");
  cluster.answer = [&](const Call&) { return ScriptedCluster::ok(live); };
  const auto service = [](const std::string& more) {
    return *parse_manifests("kind: Service\napiVersion: v1\nmetadata: {name: a, namespace: shop}\nspec: {ports: [{port: 80}]" + more + "}\n", "m");
  };
  const auto same = diff(cluster, service(""), false);
  ASSERT_TRUE(same.ok()) << same.error().message;
  EXPECT_TRUE(same->same() && same->objects[0].settled);
  EXPECT_EQ(same->objects[0].version, "7");
  EXPECT_EQ(cluster.calls.size(), 1U);
  // Whatever else is said, or was said before, the server is asked.
  ASSERT_TRUE(diff(cluster, service(", type: NodePort"), false).ok());
  EXPECT_EQ(cluster.calls.size(), 3U);
  live["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:clusterIP"] = Json::object();
  ASSERT_TRUE(diff(cluster, service(""), false).ok());
  EXPECT_EQ(cluster.calls.size(), 5U);
}

TEST(Diff, ListsWhatIsManyAndAsksForTheRest) {
  ScriptedCluster cluster;
  std::string manifests;
  Json items = Json::array();
  for (int i = 0; i < 30; ++i) {
    const std::string name = "part-" + std::to_string(i);
    manifests +=
        "---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: " + name + ", namespace: shop, labels: {app: many, part: '" + std::to_string(i) + "'}}\n";
    if (i > 0) items.push_back({{"metadata", {{"name", name}, {"namespace", "shop"}, {"resourceVersion", "7"}}}});
  }
  items.push_back({{"metadata", {{"name", "anothers"}, {"namespace", "shop"}}}});
  bool may_list = true;
  cluster.answer = [&](const Call& call) -> Result<Reply> {
    if (call.path == "/api/v1/namespaces/shop/configmaps")
      return may_list ? ScriptedCluster::ok({{"items", items}}) : ScriptedCluster::refused(403, "Forbidden", "you may not");
    const std::string name = call.path.substr(call.path.rfind('/') + 1);
    return name == "part-0" ? ScriptedCluster::refused(404, "NotFound")
                            : ScriptedCluster::ok({{"kind", "ConfigMap"}, {"apiVersion", "v1"}, {"metadata", {{"name", name}}}});
  };
  const auto set = *parse_manifests(manifests, "m");
  const auto live = look_up(cluster, set);
  ASSERT_TRUE(live.ok()) << live.error().message;
  ASSERT_EQ(cluster.calls.size(), 2U);
  EXPECT_EQ(testing::query_of(cluster.calls[0], "labelSelector"), "app=many");
  EXPECT_EQ(cluster.calls[1].path, "/api/v1/namespaces/shop/configmaps/part-0");
  EXPECT_FALSE((*live)[0].object);
  for (size_t i = 1; i < live->size(); ++i) EXPECT_EQ(at(*(*live)[i].object, "metadata", "name"), "part-" + std::to_string(i));

  may_list = false;
  cluster.calls.clear();
  const auto asked = look_up(cluster, set);
  ASSERT_TRUE(asked.ok()) << asked.error().message;
  EXPECT_EQ(cluster.calls.size(), 31U);
  EXPECT_TRUE((*asked)[29].object);
}

}  // namespace
}  // namespace mlopsctl::k8s
