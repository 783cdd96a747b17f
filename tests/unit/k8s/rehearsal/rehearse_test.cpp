#include "pipeline/k8s/rehearsal/rehearse.hpp"

#include <gmock/gmock.h>

#include "pipeline/k8s/objects.hpp"
#include "pipeline/k8s/rehearsal/simulated_cluster.hpp"
#include "pipeline/k8s/render.hpp"
#include "tests/unit/k8s/release_options.hpp"

namespace mlopsctl::k8s {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre, ::testing::HasSubstr, ::testing::IsEmpty, ::testing::MatchesRegex, ::testing::StartsWith;
using Kind = Strategy::Kind;
using End = Scene::End;

ManifestSet release(const Strategy& strategy, const std::function<void(Json& deployment)>& change = {}) {
  ReleaseOptions options = minimal();
  options.replicas = 3;
  options.strategy = strategy;
  ManifestSet set = *render(options);
  for (Manifest& each : set.manifests)
    if (each.kind == "Deployment" && change) change(each.object);
  return set;
}

std::map<std::string, Scene> scenes_of(const ManifestSet& set, const RehearsalOptions& options = {}) {
  const auto rehearsals = rehearse(set, options);
  std::map<std::string, Scene> scenes;
  if (!rehearsals) ADD_FAILURE() << rehearsals.error().message;
  else
    for (const Scene& scene : rehearsals->front().scenes) scenes.emplace(scene.name, scene);
  return scenes;
}

struct Way {
  const char* name;
  Strategy strategy;
};
class RehearseEach : public ::testing::TestWithParam<Way> {};

TEST_P(RehearseEach, EndsEveryScenarioAsItShould) {
  const auto scenes = scenes_of(release(GetParam().strategy));
  ASSERT_EQ(scenes.size(), 12U);
  for (const auto& [name, scene] : scenes) {
    EXPECT_EQ(scene.fault, "") << name;
    EXPECT_GE(scene.least, scene.floor) << name;
    // A rolling update cannot be rolled back before the lost node's pods are gone.
    if (name == "node lost") continue;
    EXPECT_EQ(scene.undo_seconds.value_or(0) > 0, name != "killed, resumed" && name != "API errors") << name;
  }
  EXPECT_EQ(scenes.at("as planned").end, End::done);
  EXPECT_EQ(scenes.at("as planned").failed, 0);
  EXPECT_GE(scenes.at("as planned").requests, 2000);
  for (const char* bad : {"crash loop", "slow start", "5 % errors", "slow answers", "other labels"}) EXPECT_EQ(scenes.at(bad).end, End::undone) << bad;
  for (const char* never_asked : {"crash loop", "slow start"}) EXPECT_EQ(scenes.at(never_asked).failed, 0) << never_asked;
  EXPECT_THAT(scenes.at("crash loop").why, HasSubstr("ended with exit code 7, restarted "));
  EXPECT_THAT(scenes.at("slow start").why, HasSubstr("ended with exit code 143, restarted 2 times"));
  EXPECT_EQ(scenes.at("API errors").end, End::stopped);
  EXPECT_THAT(scenes.at("API errors").why, MatchesRegex("write [0-9]+ of [0-9]+, (PATCH|POST|PUT|DELETE) /api.*HTTP 500 InternalError.*"));
  EXPECT_EQ(scenes.at("API errors").runs, scenes.at("killed, resumed").runs);
  EXPECT_THAT(scenes.at("5 % errors").why, HasSubstr(" errors in "));
  EXPECT_GT(scenes.at("5 % errors").failed, 0);
  EXPECT_THAT(scenes.at("slow answers").why, HasSubstr(" answers after more than 1 s in "));
  EXPECT_THAT(scenes.at("other labels").why, StartsWith("its labels differ from the old model's in "));
  EXPECT_EQ(scenes.at("node lost").floor, 2);
  EXPECT_GT(scenes.at("node lost").failed, 0);
  EXPECT_EQ(scenes.at("API away").end, End::stopped);
  EXPECT_GE(scenes.at("killed, resumed").runs, GetParam().strategy.kind == Kind::rolling ? 5U : 10U);
  EXPECT_EQ(scenes.at("killed, resumed").failed, 0);
}

INSTANTIATE_TEST_SUITE_P(Each, RehearseEach,
                         ::testing::Values(Way{"rolling", {Kind::rolling, {}}}, Way{"bluegreen", {Kind::blue_green, {}}},
                                           Way{"canary", {Kind::canary, {33, 100}}}),
                         [](const auto& way) { return way.param.name; });

TEST(Rehearse, SaysTheSameWithTheSameSeed) {
  const auto once = scenes_of(release({Kind::rolling, {}})), again = scenes_of(release({Kind::rolling, {}}));
  const auto other = scenes_of(release({Kind::rolling, {}}), {.seed = 2});
  for (const auto& [name, scene] : once) {
    EXPECT_EQ(scene.why, again.at(name).why);
    EXPECT_EQ(scene.failed, again.at(name).failed);
    EXPECT_EQ(scene.seconds, again.at(name).seconds);
  }
  EXPECT_NE(once.at("5 % errors").why, other.at("5 % errors").why);
}

TEST(Rehearse, FindsManifestsThatLetPodsGoTooSoon) {
  const auto scenes = scenes_of(release({Kind::rolling, {}}, [](Json& deployment) { deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] = 1; }));
  EXPECT_EQ(scenes.at("as planned").fault, "only 2 pods answered, expected 3");
}

// The nodes go on to send requests to a pod that has been told to end a moment before.
TEST(Rehearse, CountsTheRequestsThatFailWhereAPodEndsAtOnce) {
  const auto scenes =
      scenes_of(release({Kind::rolling, {}}, [](Json& deployment) { deployment["spec"]["template"]["spec"]["containers"][0].erase("lifecycle"); }));
  EXPECT_GT(scenes.at("as planned").failed, 30);
}

Json& container_in(Json& deployment) { return deployment["spec"]["template"]["spec"]["containers"][0]; }

// With no probe that guards its start nothing ends it: it just does not get ready.
TEST(Rehearse, APodWithoutAStartupProbeStaysUnready) {
  const auto scenes = scenes_of(release({Kind::rolling, {}}, [](Json& deployment) { container_in(deployment).erase("startupProbe"); }));
  EXPECT_THAT(scenes.at("slow start").why, StartsWith("its pods are too slow to start: "));
}

TEST(Rehearse, CountsAnExecOfSleepAndSaysWhatItDoesNotUnderstand) {
  const auto with = [](const Json& command) {
    return rehearse(release({Kind::rolling, {}},
                            [&](Json& deployment) {
                              container_in(deployment)["lifecycle"]["preStop"] = {{"exec", {{"command", command}}}};
                            }),
                    {});
  };
  for (const Json& command : {Json{"sleep", "5"}, Json{"/bin/sh", "-c", "sleep 5"}}) {
    const auto rehearsals = with(command);
    ASSERT_TRUE(rehearsals.ok());
    EXPECT_EQ(rehearsals->front().scenes.front().failed, 0) << command;
    EXPECT_THAT(rehearsals->front().assumptions, IsEmpty()) << command;
  }
  const auto other = with({"/drain", "--all"});
  ASSERT_TRUE(other.ok());
  EXPECT_GT(other->front().scenes.front().failed, 0);
  EXPECT_THAT(other->front().assumptions, ElementsAre(StartsWith("the preStop hook of ")));
}

TEST(Rehearse, TellsHowFarItIs) {
  std::vector<std::string> told;
  RehearsalOptions options;
  options.progress = [&](size_t number, size_t of, const std::string& name) { told.push_back(std::to_string(number) + "/" + std::to_string(of) + " " + name); };
  const auto scenes = scenes_of(release({Kind::rolling, {}}), options);
  ASSERT_EQ(told.size(), scenes.size());
  EXPECT_EQ(told.front(), "1/12 as planned");
  EXPECT_EQ(told.back(), "12/12 killed, undone");
}

TEST(Rehearse, FindsThatTooFewRequestsComeToJudgeBy) {
  const auto rolling = scenes_of(release({Kind::rolling, {}}), {.rate = 1});
  EXPECT_EQ(rolling.at("5 % errors").end, End::done);
  EXPECT_EQ(rolling.at("5 % errors").fault, "it was promoted");
}

TEST(Rehearse, RefusesWhatCannotBegin) {
  const auto ten_percent = [](Json& deployment) { deployment["metadata"]["annotations"]["mlopsctl/strategy"] = R"({"canary":[10,100]})"; };
  EXPECT_THAT(rehearse(release({Kind::canary, {33, 100}}, ten_percent), {}).error().message,
              StartsWith("10 % of the requests cannot be expressed by 3 pods: "));
  EXPECT_THAT(rehearse(release({Kind::rolling, {}}), {.start = seconds(1000)}).error().message,
              StartsWith("a rehearsal needs pods of the old model that answer: "));
  EXPECT_EQ(rehearse({}, {}).error().message, "there is no Deployment to rehearse");
  const auto recreated = [](Json& deployment) { deployment["spec"]["strategy"] = {{"type", "Recreate"}}; };
  EXPECT_THAT(rehearse(release({Kind::rolling, {}}, recreated), {}).error().message,
              HasSubstr(" is recreated, not rolled: none of its pods answers meanwhile"));
  ManifestSet unasked = release({Kind::rolling, {}});
  std::erase_if(unasked.manifests, [](const Manifest& each) { return each.kind == "Service"; });
  EXPECT_THAT(rehearse(unasked, {}).error().message, StartsWith("there is no Service "));
  CancelToken cancel;
  cancel.cancel();
  EXPECT_EQ(rehearse(release({Kind::rolling, {}}), {.cancel = &cancel}).error().kind, ErrorKind::interrupted);
}

// kubernetes/pkg/controller/deployment/rolling.go: at most so many more, never fewer that are ready; as a real cluster does it
// (tests/e2e/k8s/rehearsal_test.cpp).
TEST(SimulatedCluster, RollsPodAfterPod) {
  const ManifestSet set = release({Kind::rolling, {}});
  Json before;
  for (const Manifest& each : set.manifests)
    if (each.kind == "Deployment") before = each.object;
  const auto sizes = [&](int64_t surge, int64_t unavailable) {
    before["spec"]["strategy"]["rollingUpdate"] = {{"maxSurge", surge}, {"maxUnavailable", unavailable}};
    simulated::SimulatedCluster cluster(*set_up(before, {}, 3, {}));
    Json after = before;
    after["spec"]["template"]["metadata"]["annotations"]["mlopsctl/model"] = "another";
    EXPECT_TRUE(apply(cluster, after, {}).ok());
    std::vector<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
      cluster.world.pass(simulated::tick);
      std::string now;
      for (const auto& each : cluster.world.sets) now += (now.empty() ? "" : "+") + std::to_string(each.replicas);
      if (seen.empty() || seen.back() != now) seen.push_back(now);
    }
    return seen;
  };
  EXPECT_THAT(sizes(1, 0), ElementsAre("3+1", "2+1", "2+2", "1+2", "1+3", "0+3"));
  EXPECT_THAT(sizes(0, 1), ElementsAre("2+0", "2+1", "1+1", "1+2", "0+2", "0+3"));
  EXPECT_THAT(sizes(3, 0).front(), "3+3");
}

// As a kubelet: at once, then after 10 s, 20 s and so on, for as long as its startup probe gives up. One that is only slow comes up.
TEST(SimulatedCluster, RestartsWhatItsStartupProbeGivesUp) {
  const ManifestSet set = release({Kind::rolling, {}}, [](Json& deployment) {
    container_in(deployment)["startupProbe"] = {{"periodSeconds", 2}, {"failureThreshold", 10}};
    container_in(deployment).erase("lifecycle");
  });
  Json before;
  for (const Manifest& each : set.manifests)
    if (each.kind == "Deployment") before = each.object;
  const auto after_two_minutes = [&](seconds start) {
    simulated::SimulatedCluster cluster(*set_up(before, {}, 1, {}));
    cluster.world.models["another"].start = start;
    Json after = before;
    after["spec"]["template"]["metadata"]["annotations"]["mlopsctl/model"] = after["metadata"]["annotations"]["mlopsctl/model"] = "another";
    EXPECT_TRUE(apply(cluster, after, {}).ok());
    cluster.world.pass(seconds(120));
    return cluster.world;
  };
  const auto slow = after_two_minutes(seconds(12));
  EXPECT_EQ(slow.pods.back().crashes, 0);
  EXPECT_TRUE(slow.pods.back().ready);
  // 18 s and one to end, four times, and 0.1, 10 and 20 s between them: then it waits for 40 s.
  const auto stuck = after_two_minutes(seconds(3600));
  EXPECT_EQ(stuck.pods.back().crashes, 4);
  EXPECT_EQ(stuck.pods.back().exit_code, 143);
  EXPECT_EQ(at(stuck.shown(stuck.pods.back(), "n"), "status", "containerStatuses")[0]["state"]["waiting"]["reason"], "CrashLoopBackOff");
}

}  // namespace
}  // namespace mlopsctl::k8s
