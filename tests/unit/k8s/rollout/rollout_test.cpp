#include "pipeline/k8s/rollout/rollout.hpp"

#include <gmock/gmock.h>

#include "pipeline/k8s/objects.hpp"
#include "pipeline/k8s/rollout/manifests.hpp"
#include "tests/unit/k8s/rollout/releases.hpp"

namespace mlopsctl::k8s {
namespace {

using Kind = Strategy::Kind;

TEST(Rollout, HasTheStepsThatPodsCanExpress) {
  const auto canary = planned({Kind::canary, {10, 50, 100}}, 10);
  ASSERT_TRUE(canary.ok()) << canary.error().message;
  EXPECT_EQ(canary->steps, (std::vector<Rollout::Step>{{1, 9, 10}, {5, 5, 50}}));
  EXPECT_EQ(planned({Kind::blue_green, {}}, 3)->steps, (std::vector<Rollout::Step>{{3, 3, 100}}));
  EXPECT_TRUE(planned({Kind::rolling, {}}, 3)->steps.empty());
}

TEST(Rollout, RefusesSharesThatPodsCannotExpress) {
  const auto impossible = planned({Kind::canary, {10, 100}}, 3);
  ASSERT_FALSE(impossible.ok());
  EXPECT_EQ(impossible.error().message, "10 % of the requests cannot be expressed by 3 pods: they can express 33, 67 or 100 %");
  EXPECT_EQ(exit_code(impossible.error().kind), 2);
}

TEST(Rollout, LeavesTheNumberOfPodsToAnAutoscaler) {
  Json before = rendered_object("Deployment", "old", 3), target = rendered_object("Deployment", "new", 3);
  before["spec"].erase("replicas");
  target["spec"].erase("replicas");
  const auto rollout = plan_rollout(before, target, rendered_object("Service", "old", 3), {{Kind::canary, {10, 50, 100}}, {}, 12});
  ASSERT_TRUE(rollout.ok()) << rollout.error().message;
  ASSERT_EQ(rollout->steps.size(), 2U);
  EXPECT_EQ(rollout->steps[0].candidate, 1);
  EXPECT_NEAR(rollout->steps[0].percent, 7.7, 0.01);
  EXPECT_EQ(rollout->steps[1], (Rollout::Step{12, std::nullopt, 50}));
}

TEST(Rollout, NeedsPodsThatCanBeToldApartAndAServiceToSwitch) {
  Json before = rendered_object("Deployment", "old", 2);
  EXPECT_EQ(plan_rollout(before, before, {}, {{Kind::blue_green, {}}, {}, 2}).error().message,
            "a blue-green promotion needs a Service of the Deployment's name");
  before["spec"]["selector"]["matchLabels"] = {{"app", "web"}};
  EXPECT_EQ(plan_rollout(before, before, {}, {{Kind::canary, {50, 100}}, {}, 2}).error().message,
            "a canary promotion needs the label app.kubernetes.io/name in the Deployment's selector");
  EXPECT_TRUE(plan_rollout(before, before, {}, {{Kind::rolling, {}}, {}, 2}).ok());
}

TEST(Rollout, IsReadBackFromItsJournal) {
  Rollout rollout = *planned({Kind::canary, {33, 67, 100}}, 3);
  rollout.who = "ann@laptop";
  rollout.step = 1;
  rollout.paused = true;
  rollout.reason = "too few requests";
  rollout.passed = {"0 errors"};
  const auto read = read_rollout(to_json(rollout));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, rollout);
  EXPECT_EQ(read->text(), "canary, step 2 of 2: 67 % of the requests (2 new pods, 1 old one); paused: too few requests");
}

TEST(Rollout, RefusesAJournalThatIsNotOne) {
  EXPECT_EQ(read_rollout(Json::object()).error().message,
            "the journal of the promotion cannot be read: found the format null, expected \"mlopsctl-rollout-1\"");
  const Rollout rollout = *planned({Kind::canary, {33, 67, 100}}, 3);
  for (const char* member : {"phase", "strategy", "before", "target"}) {
    Json journal = to_json(rollout);
    journal.erase(member);
    EXPECT_FALSE(read_rollout(journal).ok()) << member;
  }
  Json journal = to_json(rollout);
  journal["step"] = 7;
  EXPECT_FALSE(read_rollout(journal).ok());
}

TEST(Strategy, IsReadFromItsAnnotation) {
  EXPECT_EQ(read_strategy("rolling")->kind, Kind::rolling);
  EXPECT_EQ(read_strategy("blue-green")->kind, Kind::blue_green);
  EXPECT_EQ(read_strategy(R"({"canary":[10,100]})")->percentages, (std::vector<int>{10, 100}));
  for (const char* text : {"rolling", "blue-green", R"({"canary":[10,100]})"}) EXPECT_EQ(text_of(*read_strategy(text)), text);
  EXPECT_EQ(read_strategy("red").error().message, "mlopsctl/strategy: expected rolling, blue-green or {\"canary\":[10,50,100]}, got red");
}

TEST(Candidate, DiffersFromTheStableOneInTheLabelThatTheyAreToldApartBy) {
  const Json stable = rendered_object("Deployment", "new", 3), candidate = candidate_of(stable, 1), service = rendered_object("Service", "new", 3);
  EXPECT_EQ(at(candidate, "metadata", "name"), "feedback-candidate");
  EXPECT_EQ(at(candidate, "spec", "replicas"), 1);
  const Json &pods = at(candidate, "spec", "template", "metadata", "labels"), &stable_pods = at(stable, "spec", "template", "metadata", "labels");
  const auto selects = [](const Json& selector, const Json& labels) {
    for (const auto& [key, value] : selector.items())
      if (at(labels, key) != value) return false;
    return true;
  };
  EXPECT_TRUE(selects(at(candidate, "spec", "selector", "matchLabels"), pods));
  EXPECT_FALSE(selects(at(stable, "spec", "selector", "matchLabels"), pods));
  EXPECT_FALSE(selects(at(candidate, "spec", "selector", "matchLabels"), stable_pods));
  for (const auto& [traffic, to_stable, to_candidate] :
       {std::tuple(Traffic::all, true, true), std::tuple(Traffic::stable, true, false), std::tuple(Traffic::candidate, false, true)}) {
    const Json routed = with_traffic(service, stable, traffic);
    EXPECT_EQ(traffic_of(routed), traffic);
    EXPECT_EQ(selects(at(routed, "spec", "selector"), stable_pods), to_stable) << to_string(traffic);
    EXPECT_EQ(selects(at(routed, "spec", "selector"), pods), to_candidate) << to_string(traffic);
  }
  EXPECT_EQ(with_traffic(with_traffic(service, stable, Traffic::candidate), stable, Traffic::all), service);
}

TEST(AppliedPart, IsWhatOurManagerSaid) {
  const Json live = Json::parse(R"({
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "uid": "1", "annotations": {"ours": "1", "theirs": "2"}, "managedFields": [
      {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:spec": {"f:paused": {}}}},
      {"manager": "mlopsctl", "operation": "Update", "fieldsV1": {"f:spec": {"f:paused": {}}}},
      {"manager": "mlopsctl", "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": {
        "f:metadata": {"f:annotations": {"f:ours": {}, "f:gone": {}}},
        "f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": {"f:spec": {"f:containers": {
          "k:{\"name\":\"a\"}": {".": {}, "f:image": {}, "f:name": {}, "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}}}}}}}]},
    "spec": {"replicas": 3, "paused": false, "selector": {"matchLabels": {"app": "web"}}, "template": {"spec": {"dnsPolicy": "ClusterFirst", "containers": [
      {"name": "b", "image": "other"}, {"name": "a", "image": "i:1", "terminationMessagePath": "/dev", "ports": [{"containerPort": 80, "protocol": "TCP", "name": "x"}]}]}}}})");
  EXPECT_EQ(applied_part(live), Json::parse(R"({
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", "annotations": {"ours": "1"}},
    "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": {"spec": {"containers": [
      {"name": "a", "image": "i:1", "ports": [{"containerPort": 80}]}]}}}})"))
      << "the protocol is the server's default";
  Json older = live;
  older["metadata"]["managedFields"][2]["apiVersion"] = "apps/v1beta1";
  EXPECT_EQ(applied_part(older), Json()) << "where fields may have other names";
  EXPECT_EQ(applied_part(Json::object()), Json());
}

// The fields' names are in the order of the alphabet; a list in another order would be another template, and all its pods would be replaced.
TEST(AppliedPart, KeepsTheOrderOfLists) {
  const Json live = Json::parse(R"({
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "finalizers": ["z", "theirs", "a"], "managedFields": [
      {"manager": "mlopsctl", "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": {
        "f:metadata": {"f:finalizers": {"v:\"a\"": {}, "v:\"gone\"": {}, "v:\"z\"": {}}},
        "f:spec": {"f:containers": {
          "k:{\"name\":\"helper\"}": {".": {}, "f:image": {}, "f:name": {}},
          "k:{\"name\":\"server\"}": {".": {}, "f:image": {}, "f:name": {}}}}}}]},
    "spec": {"containers": [{"name": "server", "image": "i:1", "tty": true}, {"name": "injected", "image": "x"}, {"name": "helper", "image": "i:2"}]}})");
  EXPECT_EQ(applied_part(live), Json::parse(R"({
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", "finalizers": ["z", "a"]},
    "spec": {"containers": [{"name": "server", "image": "i:1"}, {"name": "helper", "image": "i:2"}]}})"));
}

}  // namespace
}  // namespace mlopsctl::k8s
