#include "pipeline/k8s/rollout/drive.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "tests/support/scripted_cluster.hpp"
#include "tests/unit/k8s/rollout/releases.hpp"

namespace mlopsctl::k8s {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;
using ::testing::ElementsAre, ::testing::HasSubstr;
using testing::ScriptedCluster;
using Kind = Strategy::Kind;
using Phase = Rollout::Phase;

// An API server whose controllers have done at once all that they are told.
struct DriveWorld {
  ScriptedCluster cluster;
  std::map<std::string, Json> objects;  // by path
  int version = 0;
  std::function<void(const Call& call)> before = [](const Call&) {};  // each call
  std::function<void(Json& object)> applied = [](Json&) {};           // each object that was
  std::vector<std::string> writes;                                    // but for Leases, fences and events
  std::vector<std::string> told;                                      // the events: "Normal Promoted"

  explicit DriveWorld(const Rollout& rollout) {
    Json candidate = candidate_of(rollout.target, 1);
    store(rollout.before, true), store(rollout.service, true);
    if (rollout.strategy != Kind::rolling) store(candidate, true);
    cluster.answer = [this](const Call& call) {
      before(call);
      return answer(call);
    };
  }
  Json& store(Json object, bool changed) {
    const std::string path = ref_of(object)->path();
    Json& metadata = object["metadata"];
    metadata["resourceVersion"] = std::to_string(++version);
    metadata["uid"] = path;
    metadata["generation"] = number_at(at(objects[path], "metadata", "generation")) + (changed ? 1 : 0);
    const int64_t pods = number_at(at(object, "spec", "replicas"));
    object["status"] = {
        {"observedGeneration", metadata["generation"]}, {"replicas", pods}, {"updatedReplicas", pods}, {"readyReplicas", pods}, {"availableReplicas", pods}};
    return objects[path] = std::move(object);
  }
  Reply answer(const Call& call) {
    if (call.path.ends_with("/replicasets") || call.path.ends_with("/pods")) return ScriptedCluster::ok({{"items", Json::array()}});
    const auto found = objects.find(call.path);
    const bool there = found != objects.end() && found->second.is_object(), lease = call.path.find("/leases") != std::string::npos;
    if (call.method != "POST" && !there) return ScriptedCluster::refused(404, "NotFound");
    if (call.method == "GET") return ScriptedCluster::ok(found->second);
    const Json body = Json::parse(call.body);
    if (call.path.ends_with("/events")) return told.push_back(text_at(at(body, "type")) + " " + text_at(at(body, "reason"))), ScriptedCluster::ok(body);
    const Json& wanted = call.method == "DELETE" ? at(body, "preconditions", "resourceVersion") : at(body, "metadata", "resourceVersion");
    if (wanted.is_string() && wanted != at(found->second, "metadata", "resourceVersion")) return ScriptedCluster::refused(409, "Conflict");
    const bool fence = call.content_type == "application/merge-patch+json";
    if (!lease && !fence) writes.push_back(call.method + " " + call.path.substr(call.path.rfind('/') + 1));
    if (call.method == "DELETE") {
      objects.erase(found);
      return ScriptedCluster::ok({{"kind", "Status"}});
    }
    Json object = body;
    if (fence) object = found->second, object.merge_patch(body);
    Json& stored = store(std::move(object), !lease && !fence);
    const Json answered = stored;
    if (!lease && !fence) applied(stored);
    return ScriptedCluster::ok(answered);
  }
  Result<Rollout> run(const Rollout& rollout, seconds timeout = seconds(60)) {
    TRY_ASSIGN(auto lease, Lease::acquire(cluster, {rollout.name_space(), lease_name(rollout.name()), "we"}));
    DriveOptions options;
    options.timeout = timeout;
    return drive(cluster, lease, rollout, options);
  }
};

Rollout without_requests(const Strategy& strategy) {
  Rollout rollout = *planned(strategy, 3);
  rollout.gates.traffic = false;
  return rollout;
}

TEST(Drive, PutsTheNewModelInPlace) {
  DriveWorld world(without_requests({Kind::rolling, {}}));
  const auto end = world.run(without_requests({Kind::rolling, {}}));
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->phase, Phase::promoted);
  EXPECT_THAT(world.writes, ElementsAre("PATCH feedback"));
  EXPECT_THAT(world.told, ElementsAre("Normal PromotionTakesOver", "Normal Promoted"));
}

// It was stopped for longer than its Lease lasts, after it had looked.
TEST(Drive, ChangesNothingOnceItsLeaseIsOver) {
  const Rollout rollout = without_requests({Kind::rolling, {}});
  DriveWorld world(rollout);
  world.before = [&](const Call& call) {
    if (call.path.ends_with("/pods")) world.cluster.manual_clock.advance(seconds(20));
  };
  const auto end = world.run(rollout);
  EXPECT_THAT(world.writes, ElementsAre());
  EXPECT_THAT(world.told, ElementsAre());
  ASSERT_FALSE(end.ok());
  EXPECT_THAT(end.error().message, ::testing::EndsWith(" is no longer ours: it could not be renewed in time"));
}

// Another has taken the Lease and put its fence on the candidate while our request to remove it was on its way.
TEST(Drive, RemovesNoCandidateThatAnotherHasPutAFenceOn) {
  Rollout rollout = without_requests({Kind::canary, {33, 100}});
  rollout.phase = Phase::promoting;
  DriveWorld world(rollout);
  int removals = 0;
  world.before = [&](const Call& call) {
    if (call.method != "DELETE" || ++removals > 1) return;
    world.cluster.manual_clock.advance(seconds(6));
    Json lease = world.objects.at(ref(resources::leases, rollout.name_space(), lease_name(rollout.name())).path());
    lease["spec"]["holderIdentity"] = "they";
    world.store(lease, false);
    world.store(world.objects.at(call.path), false);
  };
  const auto end = world.run(rollout);
  EXPECT_THAT(world.writes, ElementsAre("PATCH feedback"));
  ASSERT_FALSE(end.ok());
  EXPECT_THAT(end.error().message, ::testing::EndsWith(" is no longer ours: they has it"));
  EXPECT_EQ(removals, 1);
}

TEST(Drive, EndsAFightWithAnotherControllerInTime) {
  const Rollout rollout = without_requests({Kind::rolling, {}});
  DriveWorld world(rollout);
  world.applied = [&](Json& object) {
    if (world.writes.size() > 100) throw std::runtime_error("it writes and writes");
    object["metadata"]["generation"] = number_at(at(object, "metadata", "generation")) + 1;
  };
  const auto end = world.run(rollout, seconds(10));
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ErrorKind::timeout);
  EXPECT_THAT(end.error().message, HasSubstr("has not ended after 10 s: rolling: all pods take over the new model; "));
  EXPECT_LE(world.writes.size(), 51U);
}

TEST(Drive, LooksOnceASecondWhileItMeasures) {
  Rollout rollout = *planned({Kind::rolling, {}}, 3);
  rollout.gates.watch = 10;
  DriveWorld world(rollout);
  ASSERT_TRUE(world.run(rollout).ok());
  const auto& pauses = world.cluster.manual_clock.pauses;
  EXPECT_GE(std::count(pauses.begin(), pauses.end(), milliseconds(1000)), 10);
  EXPECT_LE(pauses.size(), 13U);
}

}  // namespace
}  // namespace mlopsctl::k8s
