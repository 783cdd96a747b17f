#include "pipeline/k8s/rollout/pause.hpp"

#include <gmock/gmock.h>

#include "pipeline/k8s/errors.hpp"
#include "pipeline/k8s/rehearsal/rehearse.hpp"
#include "pipeline/k8s/rehearsal/simulated_cluster.hpp"
#include "pipeline/k8s/rollout/follow.hpp"
#include "tests/unit/k8s/rollout/releases.hpp"

namespace mlopsctl::k8s {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre, ::testing::IsEmpty, ::testing::StartsWith;
using Kind = Strategy::Kind;
using Phase = Rollout::Phase;
using simulated::SimulatedCluster;

// A simulated cluster with the old model, and a promotion of the new one, which somebody may interrupt at any of its calls.
class PauseTest : public ::testing::Test {
 protected:
  static simulated::World world() { return *set_up(rendered_object("Deployment", "old", 3), rendered_object("Service", "old", 3), 3, {}); }
  static Rollout begun(const Strategy& strategy) {
    Rollout rollout = *planned(strategy, 3);
    rollout.gates.watch = 2;
    rollout.id = "1a2b3c4d";
    return rollout;
  }
  const ObjectRef deployment_ = *ref_of(rendered_object("Deployment", "old", 3));
  LeaseOptions as(const std::string& who) const { return {deployment_.name_space, lease_name(deployment_.name), who}; }

  Result<Rollout> driven(SimulatedCluster& cluster, const std::string& who, const std::function<Rollout(const Journal&)>& begin) const {
    TRY_ASSIGN(auto lease, Lease::acquire(cluster, as(who)));
    TRY_ASSIGN(const auto journal, read_journal(lease.object()));
    TRY_ASSIGN(auto end, drive(cluster, lease, begin(journal), {}));
    TRY(lease.release());
    return end;
  }
  // As pause_rollout asks, but that nobody waits for the driver in between.
  void ask(SimulatedCluster& cluster, const Rollout& rollout) const {
    Json lease = **get(cluster, ref(resources::leases, deployment_.name_space, lease_name(deployment_.name)));
    lease["metadata"]["annotations"][pause_annotation] = "paused by bob";
    EXPECT_TRUE(replace(cluster, lease).ok());
    std::vector<ObjectRef> objects{deployment_, *ref_of(rollout.service), deployment_};
    objects.back().name = candidate_name(deployment_.name);
    EXPECT_TRUE(put_fence(cluster, objects, "from bob", {}).ok());
  }
  // All that people see of a promotion's objects.
  static std::map<std::string, std::string> specs(const SimulatedCluster& cluster) {
    std::map<std::string, std::string> all;
    for (const auto& [path, stored] : cluster.world.objects)
      if (path.find("/leases/") == std::string::npos) all[path] = canonical(at(stored.object, "spec"));
    return all;
  }
};

class PauseEach : public PauseTest, public ::testing::WithParamInterface<std::pair<const char*, Strategy>> {};

// Whenever it is asked for.
TEST_P(PauseEach, IsHeardBeforeTheNextWrite) {
  const simulated::World start = world();
  Rollout rollout = begun(GetParam().second);
  rollout.gates.traffic = false;
  int paused_ones = 0;
  for (int call = 1, calls = call; call <= calls; call += call < 12 ? 1 : 19) {
    SimulatedCluster cluster(start);
    int seen = 0;
    std::map<std::string, std::string> then;
    bool asking = false;
    cluster.instead = [&](const Call& each) -> std::optional<Result<Reply>> {
      if (asking || ++seen != call) return std::nullopt;
      // Before that there is nothing to be paused.
      const auto journal = look_up_journal(cluster, deployment_.name_space, deployment_.name);
      if (!journal || !journal->now || each.path.find("/leases") != std::string::npos) return --seen, std::nullopt;
      asking = true;
      ask(cluster, rollout);
      then = specs(cluster);
      return std::nullopt;
    };
    const auto end = driven(cluster, "ann", [&](const Journal&) { return rollout; });
    ASSERT_TRUE(end.ok()) << end.error().message;
    calls = std::max(calls, seen + 1);
    if (then.empty() || end->ended()) continue;
    ++paused_ones;
    SCOPED_TRACE("asked at call " + std::to_string(call));
    EXPECT_TRUE(end->paused);
    EXPECT_EQ(end->reason, "paused by bob");
    if (end->phase == Phase::progressing) {
      auto now = specs(cluster);
      // A candidate that was not there had no fence: it may have appeared, but without a pod.
      if (const auto candidate = now.find(deployment_.path() + "-candidate"); candidate != now.end() && !then.contains(candidate->first)) {
        EXPECT_EQ(at(cluster.world.objects.at(candidate->first).object, "spec", "replicas"), 0);
        now.erase(candidate);
      }
      EXPECT_EQ(now, then);
    }
    const auto journal = look_up_journal(cluster, deployment_.name_space, deployment_.name);
    EXPECT_TRUE(journal->now && journal->now->paused);
    EXPECT_EQ(journal->holder, "");
    cluster.instead = {};
    // It stands still.
    cluster.world.pass(seconds(30));
    const auto still = specs(cluster);
    cluster.world.pass(seconds(60));
    EXPECT_EQ(specs(cluster), still);
    EXPECT_GE(cluster.world.least, 3);
    const auto resumed_end = driven(cluster, "bob", [](const Journal& before) { return resumed(*before.now, false); });
    ASSERT_TRUE(resumed_end.ok()) << resumed_end.error().message;
    EXPECT_EQ(resumed_end->phase, Phase::promoted) << resumed_end->reason;
    EXPECT_TRUE(at(cluster.world.objects.at(deployment_.path()).object, "spec", "paused").is_null());
  }
  EXPECT_GE(paused_ones, 12);
}

INSTANTIATE_TEST_SUITE_P(Each, PauseEach,
                         ::testing::Values(std::pair("rolling", Strategy{Kind::rolling, {}}), std::pair("bluegreen", Strategy{Kind::blue_green, {}}),
                                           std::pair("canary", Strategy{Kind::canary, {33, 100}})),
                         [](const auto& way) { return way.param.first; });

TEST_F(PauseTest, NeedsNobodyAtWork) {
  SimulatedCluster cluster(world());
  const auto pause = [&] { return pause_rollout(cluster, deployment_, as("bob, process 7"), {}); };
  EXPECT_EQ(pause().error().message, "no promotion of " + deployment_.str() + " is under way");
  // Somebody began, and died.
  const Rollout rollout = begun({Kind::canary, {33, 100}});
  {
    auto lease = Lease::acquire(cluster, as("ann"));
    ASSERT_TRUE(lease.ok());
    DriveOptions until;
    until.timeout = seconds(1);
    ASSERT_FALSE(drive(cluster, *lease, rollout, until).ok());
  }
  const auto paused_one = pause();
  ASSERT_TRUE(paused_one.ok()) << paused_one.error().message;
  EXPECT_EQ(paused_one->text(), "canary, step 1 of 1: 33 % of the requests (1 new pod, 2 old ones); paused by bob");
  const auto then = specs(cluster);
  EXPECT_TRUE(pause().ok());
  EXPECT_EQ(specs(cluster), then);
  ASSERT_TRUE(driven(cluster, "ann", [](const Journal& journal) { return aborted(*journal.now, "told to"); }).ok());
  EXPECT_EQ(pause().error().message, "no promotion of " + deployment_.str() + " is under way");
}

TEST_F(PauseTest, ARequestFromBeforeDoesNotCount) {
  SimulatedCluster cluster(world());
  const Rollout rollout = begun({Kind::rolling, {}});
  ASSERT_TRUE(Lease::acquire(cluster, as("ann"))->release().ok());
  ask(cluster, rollout);
  const auto end = driven(cluster, "ann", [&](const Journal&) { return rollout; });
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->phase, Phase::promoted);
}

// Ann drives until a moment after she began; her Lease stays hers.
class PauseOfAnns : public PauseTest {
 protected:
  Rollout begin(const Strategy& strategy) {
    lease_.emplace(*Lease::acquire(cluster_, as("ann")));
    DriveOptions until;
    until.timeout = seconds(1);
    EXPECT_FALSE(drive(cluster_, *lease_, begun(strategy), until).ok());
    return *read_journal(lease_->object())->now;
  }
  Result<Rollout> pause(seconds timeout = seconds(3600)) {
    DriveOptions options;
    options.timeout = timeout;
    return pause_rollout(cluster_, deployment_, as("bob, process 7"), options);
  }
  SimulatedCluster cluster_{world()};
  std::optional<Lease> lease_;
};

// Somebody else took over when bob had asked: a driver that begins later forgets what was asked for before.
TEST_F(PauseOfAnns, IsAskedForAgainWhereItWasForgotten) {
  const Rollout rollout = begin({Kind::canary, {33, 100}});
  int asked = 0;
  bool hers = false;
  cluster_.instead = [&](const Call& call) -> std::optional<Result<Reply>> {
    if (std::exchange(hers, true)) return std::nullopt;
    if (call.method == "GET" && asked == 1) {
      EXPECT_TRUE(lease_->note({{pause_annotation, nullptr}}).ok());
      asked = 2;
    } else if (call.method == "GET" && asked == 3) {
      EXPECT_TRUE(drive(cluster_, *lease_, paused(rollout, "paused by bob"), {}).ok());
      EXPECT_TRUE(lease_->release().ok());
      asked = 4;
    } else if (call.method == "PUT") {
      ++asked;
    }
    hers = false;
    return std::nullopt;
  };
  const auto end = pause(seconds(60));
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_TRUE(end->paused);
  EXPECT_EQ(asked, 4);
}

TEST_F(PauseOfAnns, IsWaitedForNoLongerThanTold) {
  begin({Kind::canary, {33, 100}});
  bool hers = false;
  cluster_.instead = [&](const Call& call) -> std::optional<Result<Reply>> {
    if (call.method == "GET" && !std::exchange(hers, true)) {
      EXPECT_TRUE(lease_->check().ok());
      hers = false;
    }
    return std::nullopt;
  };
  const auto end = pause(seconds(30));
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ErrorKind::timeout);
  EXPECT_EQ(end.error().message, "the promotion of " + deployment_.name +
                                     " is not paused after 30 s; ann is at work on it: canary, step 1 of 1: 33 % of the requests (1 new pod, 2 old ones)");
}

// Ann died between the journal and the Deployment.
TEST_F(PauseOfAnns, TellsTheRollingUpdateToo) {
  const Rollout rollout = begin({Kind::rolling, {}});
  ASSERT_TRUE(lease_->note({{"mlopsctl/rollout", canonical(to_json(paused(rollout, "paused by carol")))}}).ok());
  ASSERT_TRUE(lease_->release().ok());
  const auto still = [&] { return at(cluster_.world.objects.at(deployment_.path()).object, "spec", "paused") == true; };
  EXPECT_FALSE(still());
  const auto end = pause();
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->text(), "rolling: all pods take over the new model; paused by carol");
  EXPECT_TRUE(still());
}

TEST_F(PauseOfAnns, IsNothingForOneThatIsBeingUndone) {
  const Rollout rollout = begin({Kind::rolling, {}});
  ASSERT_TRUE(lease_->note({{"mlopsctl/rollout", canonical(to_json(aborted(rollout, "told to")))}}).ok());
  const auto end = pause();
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ErrorKind::cluster);
  EXPECT_EQ(end.error().message, "the promotion of " + deployment_.name + " is being undone: told to");
}

// Somebody looks on from another machine while ann drives: here in between her calls.
TEST_F(PauseTest, IsSeenByWhoLooksOn) {
  SimulatedCluster cluster(world());
  FollowOptions options;
  std::vector<std::string> seen, lost;
  options.moved = [&](const Followed& now) {
    if (seen.empty() || seen.back() != now.rollout.text()) seen.push_back(now.rollout.text());
  };
  options.lost = [&](const std::string& why) { lost.push_back(why); };
  const Rollout rollout = begun({Kind::canary, {33, 100}});
  EXPECT_EQ(follow_rollout(cluster, deployment_, options).error().message, "no promotion of " + deployment_.str() + " is under way");

  // At the twelfth call of the onlooker ann has ended it; the API server is away for a moment before.
  auto lease = Lease::acquire(cluster, as("ann"));
  ASSERT_TRUE(lease.ok());
  DriveOptions until;
  until.timeout = seconds(1);
  ASSERT_FALSE(drive(cluster, *lease, rollout, until).ok());
  int calls = 0;
  bool hers = false;
  cluster.instead = [&](const Call&) -> std::optional<Result<Reply>> {
    if (!hers && ++calls == 5) return Result<Reply>(cluster_error("connection refused"));
    if (calls == 12 && !std::exchange(hers, true)) {
      EXPECT_TRUE(drive(cluster, *lease, rollout, {}).ok());
      EXPECT_TRUE(lease->release().ok());
    }
    return std::nullopt;
  };
  const auto end = follow_rollout(cluster, deployment_, options);
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->phase, Phase::promoted);
  EXPECT_THAT(end->passed, ElementsAre(StartsWith("0 errors in ")));
  EXPECT_THAT(seen, ElementsAre("canary, step 1 of 1: 33 % of the requests (1 new pod, 2 old ones)"));
  EXPECT_THAT(lost, ElementsAre(::testing::HasSubstr("connection refused")));
}

}  // namespace
}  // namespace mlopsctl::k8s
