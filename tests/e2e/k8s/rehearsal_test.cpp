#include "pipeline/k8s/rehearsal/rehearse.hpp"

#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "pipeline/k8s/rehearsal/simulated_cluster.hpp"
#include "pipeline/k8s/rollout/begin.hpp"
#include "pipeline/k8s/rollout/pause.hpp"
#include "pipeline/k8s/wait.hpp"
#include "tests/support/real_cluster.hpp"

namespace mlopsctl::k8s {
namespace {

class RehearsalOnCluster : public testing::RealCluster {
 protected:
  static Json changed(Json deployment) {
    deployment["spec"]["template"]["metadata"]["annotations"]["mlopsctl/model"] = "another";
    return deployment;
  }
  // The sizes of its ReplicaSets, the older one first, whenever one of them changes, until none of the old one is wanted.
  std::vector<std::string> real_sizes(const Json& deployment) {
    applied(deployment);
    const ObjectRef object = *ref_of(deployment);
    EXPECT_TRUE(wait_until_done(cluster(), object, {}).ok());
    std::vector<std::string> seen;
    std::vector<std::pair<std::string, int64_t>> sets;
    std::promise<void> watching;
    std::thread looker([&, api = cluster().clone(), told = false]() mutable {
      WatchOptions options;
      options.name_space = name_space_;
      options.label_selector = "app=" + object.name;
      static_cast<void>(follow(api, resources::replica_sets, options, [&](Change change, const Json& set) -> Result<bool> {
        if (change == Change::all && !std::exchange(told, true)) watching.set_value();
        if (change != Change::present) return true;
        const std::string name = text_at(at(set, "metadata", "name"));
        const int64_t replicas = number_at(at(set, "spec", "replicas"));
        auto known = std::find_if(sets.begin(), sets.end(), [&](const auto& each) { return each.first == name; });
        if (known == sets.end()) known = sets.insert(sets.end(), {name, 0});
        known->second = replicas;
        if (sets.size() < 2) return true;
        const std::string now = std::to_string(sets[0].second) + "+" + std::to_string(sets[1].second);
        // Made and scaled in one look of the controller.
        if (!now.ends_with("+0") && (seen.empty() || seen.back() != now)) seen.push_back(now);
        return !now.ends_with("+" + std::to_string(number_at(at(deployment, "spec", "replicas")))) || !now.starts_with("0+");
      }));
    });
    watching.get_future().wait();
    applied(changed(deployment));
    looker.join();
    return seen;
  }
  static std::vector<std::string> simulated_sizes(const Json& deployment) {
    const int64_t replicas = number_at(at(deployment, "spec", "replicas"));
    simulated::SimulatedCluster cluster(*set_up(deployment, {}, replicas, {}));
    EXPECT_TRUE(apply(cluster, changed(deployment), {}).ok());
    std::vector<std::string> seen;
    while (seen.empty() || seen.back() != "0+" + std::to_string(replicas)) {
      cluster.world.pass(simulated::tick);
      if (cluster.world.sets.size() < 2) continue;
      const std::string now = std::to_string(cluster.world.sets[0].replicas) + "+" + std::to_string(cluster.world.sets[1].replicas);
      if (!now.ends_with("+0") && (seen.empty() || seen.back() != now)) seen.push_back(now);
    }
    return seen;
  }
  // A release that can have a candidate, and its Service.
  Json release(const Strategy& strategy, const std::string& model, const std::map<std::string, std::string>& variables = {}) const {
    Json one = deployment("web", 3, variables);
    one["spec"]["selector"]["matchLabels"] = one["spec"]["template"]["metadata"]["labels"] = labels_;
    one["spec"]["template"]["metadata"]["annotations"]["mlopsctl/model"] = digest_of(model).str();
    one["metadata"]["annotations"]["mlopsctl/gates"] = R"({"traffic":false,"watch":0})";
    set_strategy(one, strategy);
    return one;
  }
  Json service() const {
    return {{"apiVersion", "v1"},
            {"kind", "Service"},
            {"metadata", {{"name", "web"}, {"namespace", name_space_}}},
            {"spec", {{"selector", labels_}, {"ports", Json::array({{{"port", 80}, {"targetPort", 8080}}})}}}};
  }
  // All that a promotion decides and writes, but for the names of pods and what was counted.
  static std::vector<std::string> story(Cluster& cluster, const Json& target) {
    std::vector<std::string> said;
    DriveOptions options;
    options.say = [&](const std::string& sentence) {
      said.push_back(sentence.starts_with("passed: ") ? "passed" : sentence.substr(0, sentence.find(": pod ")));
    };
    const ObjectRef object = *ref_of(target);
    auto lease = Lease::acquire(cluster, {object.name_space, lease_name(object.name), "ann"});
    auto rollout = begin_rollout(cluster, target, {"ann", "", ""});
    if (!lease || !rollout || !*rollout) return {"it did not begin"};
    if (const auto end = drive(cluster, *lease, std::move(**rollout), options); !end) said.push_back(end.error().message);
    EXPECT_TRUE(lease->release().ok());
    return said;
  }

  const Json labels_{{"app.kubernetes.io/name", "web"}, {"app.kubernetes.io/instance", "web"}};
};

TEST_F(RehearsalOnCluster, APromotionTakesTheStepsThatWereRehearsed) {
  const auto compare = [&](const Strategy& strategy, const std::string& model, const std::map<std::string, std::string>& variables = {}) {
    const bool crashes = variables.contains("EXIT");
    const Json before = release(strategy, "old"), target = release(strategy, model, variables);
    simulated::SimulatedCluster simulation(*set_up(before, service(), 3, {}));
    simulation.world.models[digest_of(model).str()].crashes = crashes;
    const auto rehearsed = story(simulation, target);
    applied(before), applied(service());
    ASSERT_TRUE(wait_until_done(cluster(), *ref_of(before), {}).ok());
    EXPECT_THAT(story(cluster(), target), ::testing::ElementsAreArray(rehearsed));
    EXPECT_THAT(rehearsed.back(), ::testing::StartsWith(crashes ? "aborted, all is as before" : "promoted"));
    EXPECT_GE(rehearsed.size(), 3U);
  };
  compare({Strategy::Kind::rolling, {}}, "new");
  compare({Strategy::Kind::blue_green, {}}, "newer");
  compare({Strategy::Kind::canary, {33, 67, 100}}, "newest");
  compare({Strategy::Kind::canary, {33, 100}}, "bad", {{"EXIT", "7"}});
}

// Its controller stands still, too, until somebody undoes it.
TEST_F(RehearsalOnCluster, ARollingUpdateIsPausedInItsMiddle) {
  const Json before = release({Strategy::Kind::rolling, {}}, "old"), target = release({Strategy::Kind::rolling, {}}, "slow", {{"WARMUP", "-1"}});
  const ObjectRef object = *ref_of(before);
  applied(before);
  ASSERT_TRUE(wait_until_done(cluster(), object, {}).ok());
  std::promise<void> rolling;
  DriveOptions options;
  options.say = [&, told = false](const std::string& sentence) mutable {
    if (sentence.ends_with(": the new model") && !std::exchange(told, true)) rolling.set_value();
  };
  std::optional<Result<Rollout>> driven;
  std::thread driver([&, api = cluster().clone()]() mutable {
    auto lease = Lease::acquire(api, {object.name_space, lease_name(object.name), "ann"});
    auto rollout = begin_rollout(api, target, {"ann", "", ""});
    driven = drive(api, *lease, std::move(**rollout), options);
    EXPECT_TRUE(lease->release().ok());
  });
  rolling.get_future().wait();
  const LeaseOptions bob{object.name_space, lease_name(object.name), "bob"};
  const auto paused = pause_rollout(cluster(), object, bob, {});
  driver.join();
  ASSERT_TRUE(paused.ok()) << paused.error().message;
  EXPECT_EQ(paused->text(), "rolling: all pods take over the new model; paused by bob");
  ASSERT_TRUE(driven->ok()) << driven->error().message;
  EXPECT_TRUE((*driven)->paused);
  const auto spec = [&] { return at(**get(cluster(), object), "spec"); };
  EXPECT_EQ(at(spec(), "paused"), true);
  auto lease = Lease::acquire(cluster(), bob);
  ASSERT_TRUE(lease.ok());
  const auto end = drive(cluster(), *lease, aborted(*paused, "told to"), {});
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->phase, Rollout::Phase::aborted);
  EXPECT_TRUE(at(spec(), "paused").is_null());
}

// What is rehearsed is what happens.
TEST_F(RehearsalOnCluster, ADeploymentRollsAsTheSimulatedOne) {
  const auto rolling = [&](const std::string& name, int replicas, const Json& surge, const Json& unavailable) {
    Json one = deployment(name, replicas);
    one["spec"]["strategy"]["rollingUpdate"] = {{"maxSurge", surge}, {"maxUnavailable", unavailable}};
    return one;
  };
  for (const Json& one : {rolling("usual", 3, "25%", 0), rolling("larger", 4, "25%", 0), rolling("narrow", 3, 0, 1)})
    EXPECT_THAT(real_sizes(one), ::testing::ElementsAreArray(simulated_sizes(one))) << at(one, "metadata", "name");
}

}  // namespace
}  // namespace mlopsctl::k8s
