#include "pipeline/k8s/lease.hpp"

#include <gmock/gmock.h>

#include "pipeline/k8s/errors.hpp"
#include "tests/support/scripted_cluster.hpp"

namespace mlopsctl::k8s {
namespace {

using std::chrono::seconds;
using testing::ScriptedCluster;

// The one Lease of an API server, for two clients with clocks of their own.
struct Server {
  std::optional<Json> lease;
  int version = 0;
  bool mute = false;  // does what it is asked, but its answers get lost
  bool unreachable = false;

  Json store(Json object) {
    object["metadata"]["resourceVersion"] = std::to_string(++version);
    return *(lease = object);
  }
  void renew() {
    Json object = *lease;
    object["spec"]["renewTime"] = "renewal " + std::to_string(version);
    store(std::move(object));
  }
  // As others do beside the holder, such as whoever asks it for a pause.
  void annotate() {
    Json object = *lease;
    object["metadata"]["annotations"]["asked"] = std::to_string(version);
    store(std::move(object));
  }
  Result<Reply> answer(const Call& call) {
    if (unreachable) return cluster_error("unreachable");
    if (call.method == "GET") return lease ? ScriptedCluster::ok(*lease) : ScriptedCluster::refused(404, "NotFound");
    const Json body = Json::parse(call.body);
    if (call.method == "POST" && lease) return ScriptedCluster::refused(409, "AlreadyExists");
    if (call.method == "PUT" && (!lease || body["metadata"]["resourceVersion"] != (*lease)["metadata"]["resourceVersion"]))
      return ScriptedCluster::refused(lease ? 409 : 404, lease ? "Conflict" : "NotFound");
    const Json stored = store(body);
    if (mute) return cluster_error("no answer");
    return ScriptedCluster::ok(stored, call.method == "POST" ? 201 : 200);
  }
};

struct LeaseWorld {
  Server server;
  ScriptedCluster ours, theirs;
  LeaseWorld() {
    ours.answer = theirs.answer = [this](const Call& call) { return server.answer(call); };
  }
  static LeaseOptions options(const std::string& holder) { return {"shop", "web", holder}; }
};

TEST(Lease, IsTakenRenewedAndReleased) {
  LeaseWorld world;
  auto lease = Lease::acquire(world.ours, LeaseWorld::options("we"));
  ASSERT_TRUE(lease.ok()) << lease.error().message;
  EXPECT_EQ(lease->fence(), 1);
  EXPECT_TRUE(lease->check().ok());
  EXPECT_EQ(world.server.version, 1);  // not yet time
  world.ours.manual_clock.advance(seconds(6));
  EXPECT_TRUE(lease->check().ok());
  EXPECT_EQ(world.server.version, 2);
  EXPECT_TRUE(lease->release().ok());
  const auto next = Lease::acquire(world.theirs, LeaseWorld::options("they"));
  ASSERT_TRUE(next.ok()) << next.error().message;
  EXPECT_EQ(next->fence(), 2);
  EXPECT_TRUE(world.theirs.manual_clock.pauses.empty());
}

TEST(Lease, ALivingHolderIsNamedHoweverWrongTheClocksAre) {
  LeaseWorld world;
  auto lease = Lease::acquire(world.ours, LeaseWorld::options("ann@laptop 4711"));
  ASSERT_TRUE(lease.ok());
  world.ours.manual_clock.advance(seconds(3600));  // its clock runs an hour ahead of theirs; its own view of the hold is not asked here
  std::string seen;
  auto options = LeaseWorld::options("they");
  options.waiting = [&](const std::string& holder) {
    seen = holder;
    world.server.renew();
  };
  const auto second = Lease::acquire(world.theirs, options);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::cluster);
  EXPECT_EQ(second.error().message, "the Lease shop/web is held by ann@laptop 4711, who is at work");
  EXPECT_EQ(seen, "ann@laptop 4711");
}

TEST(Lease, ADeadHoldersIsTakenAfterItsDurationAsWeSeeIt) {
  LeaseWorld world;
  world.ours.manual_clock.advance(seconds(3600));  // what it wrote down lies an hour in the future of the other
  auto first = Lease::acquire(world.ours, LeaseWorld::options("we"));
  ASSERT_TRUE(first.ok());
  auto second = Lease::acquire(world.theirs, LeaseWorld::options("they"));
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_EQ(second->fence(), 2);
  EXPECT_EQ(world.theirs.manual_clock.pauses.size(), 15U);  // of a second
  // The first wakes up again and must notice before it changes anything.
  world.ours.manual_clock.advance(seconds(10));
  const auto lost = first->check();
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().message, "the Lease shop/web is no longer ours: they has it");
}

TEST(Lease, WhatOthersWriteBesideIsNoSignOfLife) {
  LeaseWorld world;
  ASSERT_TRUE(Lease::acquire(world.ours, LeaseWorld::options("we")).ok());  // and dies
  world.theirs.answer = [&](const Call& call) {
    if (call.method == "GET") world.server.annotate();
    return world.server.answer(call);
  };
  const auto second = Lease::acquire(world.theirs, LeaseWorld::options("they"));
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_EQ(world.theirs.manual_clock.pauses.size(), 15U);
}

TEST(Lease, IsReleasedThoughOthersWriteBeside) {
  LeaseWorld world;
  auto lease = Lease::acquire(world.ours, LeaseWorld::options("we"));
  ASSERT_TRUE(lease.ok());
  world.server.annotate();
  EXPECT_TRUE(lease->release().ok());
  EXPECT_EQ(world.server.lease->at("spec").at("holderIdentity"), "");
  EXPECT_TRUE(world.server.lease->at("metadata").contains("annotations"));
  // Nothing is left to be released where another has it.
  auto first = Lease::acquire(world.ours, LeaseWorld::options("we"));
  ASSERT_TRUE(first.ok());
  auto second = Lease::acquire(world.theirs, LeaseWorld::options("they"));
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(first->release().ok());
  EXPECT_EQ(world.server.lease->at("spec").at("holderIdentity"), "they");
}

TEST(Lease, OursEndsByOurOwnClockWhenNobodyAnswers) {
  LeaseWorld world;
  auto lease = Lease::acquire(world.ours, LeaseWorld::options("we"));
  ASSERT_TRUE(lease.ok());
  world.server.unreachable = true;
  world.ours.manual_clock.advance(seconds(9));
  EXPECT_TRUE(lease->check().ok());
  world.ours.manual_clock.advance(seconds(2));
  EXPECT_FALSE(lease->check().ok());
  world.server.unreachable = false;
  world.ours.manual_clock.advance(seconds(5));
  const auto lost = lease->check();
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().message, "the Lease shop/web is no longer ours: it could not be renewed in time");
}

TEST(Lease, OursEndsWhileARenewalIsStillWaitedFor) {
  LeaseWorld world;
  auto lease = Lease::acquire(world.ours, LeaseWorld::options("we"));
  ASSERT_TRUE(lease.ok());
  world.ours.manual_clock.advance(seconds(6));
  world.ours.answer = [&](const Call&) -> Result<Reply> {
    world.ours.manual_clock.advance(seconds(30));
    return cluster_error("no answer for 30 s");
  };
  EXPECT_FALSE(lease->check().ok()) << "somebody else may have it by now";
}

TEST(Lease, ARenewalWhoseAnswerGotLostIsStillOurs) {
  LeaseWorld world;
  auto lease = Lease::acquire(world.ours, LeaseWorld::options("we"));
  ASSERT_TRUE(lease.ok());
  world.server.mute = true;
  world.ours.manual_clock.advance(seconds(6));
  EXPECT_TRUE(lease->check().ok());
  world.server.mute = false;
  EXPECT_TRUE(lease->check().ok());
  EXPECT_TRUE(lease->check().ok());
  EXPECT_EQ(world.server.version, 3);
  world.server.lease.reset();
  world.ours.manual_clock.advance(seconds(6));
  const auto lost = lease->check();
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().message, "the Lease shop/web is no longer ours: renew: HTTP 404 NotFound");
}

TEST(Lease, OfTwoThatTakeItAtOnceOneGetsIt) {
  LeaseWorld world;
  world.server.store({{"apiVersion", "coordination.k8s.io/v1"},
                      {"kind", "Lease"},
                      {"metadata", {{"name", "web"}, {"namespace", "shop"}}},
                      {"spec", {{"holderIdentity", ""}, {"leaseTransitions", 7}}}});
  bool raced = false;
  world.ours.answer = [&](const Call& call) {
    if (call.method == "PUT" && !raced) {
      raced = true;
      auto other = Lease::acquire(world.theirs, LeaseWorld::options("they"));
      EXPECT_TRUE(other.ok());
      EXPECT_EQ(other->fence(), 8);
      world.theirs.manual_clock.advance(seconds(6));
    }
    // The other renews whenever we look.
    if (call.method == "GET" && raced) world.server.renew();
    return world.server.answer(call);
  };
  const auto lease = Lease::acquire(world.ours, LeaseWorld::options("we"));
  ASSERT_FALSE(lease.ok());
  EXPECT_EQ(lease.error().message, "the Lease shop/web is held by they, who is at work");
}

}  // namespace
}  // namespace mlopsctl::k8s
