#include "pipeline/k8s/rollout_status.hpp"

#include <gmock/gmock.h>

#include "pipeline/k8s/amount.hpp"
#include "pipeline/k8s/preflight.hpp"

namespace mlopsctl::k8s {
namespace {

using ::testing::ElementsAre, ::testing::IsEmpty;

Json deployment(int generation, int observed, int wanted, int updated, int available, int all) {
  return {{"metadata", {{"generation", generation}}},
          {"spec", {{"replicas", wanted}}},
          {"status", {{"observedGeneration", observed}, {"updatedReplicas", updated}, {"availableReplicas", available}, {"replicas", all}}}};
}
SeenPod pod(const Json& status, std::vector<EventNote> events = {}) { return {{{"metadata", {{"name", "p"}}}, {"status", status}}, std::move(events)}; }
SeenPod container(const Json& state, std::vector<EventNote> events = {}) {
  Json status{{"name", "c"}, {"image", "i:1"}, {"ready", false}, {"restartCount", 0}};
  status.update(state);
  return pod({{"containerStatuses", Json::array({status})}}, std::move(events));
}
// "kind: text", with "(log)" or "(log before)".
std::vector<std::string> told(const SeenPod& seen) {
  std::vector<std::string> all;
  for (const Trouble& each : troubles_of(seen))
    all.push_back(std::string(to_string(each.kind)) + ": " + each.text + (each.has_log ? each.previous ? " (log before)" : " (log)" : ""));
  return all;
}

TEST(Judge, TrustsAStatusOnlyOfThePresentGeneration) {
  EXPECT_EQ(judge({deployment(2, 1, 3, 3, 3, 3), {}}).phase, Progress::Phase::unseen);
  EXPECT_EQ(judge({deployment(2, 2, 3, 3, 3, 3), {}}).phase, Progress::Phase::done);
  EXPECT_EQ(judge({Json::object(), {}}).phase, Progress::Phase::moving);  // no status at all
}

TEST(Judge, IsDoneWhenAllAreNewAndAvailableAndNoOldOneIsLeft) {
  EXPECT_EQ(judge({deployment(2, 2, 3, 2, 3, 4), {}}).text(), "2 of 3 pods are up to date, 3 available, 2 old ones to go");
  EXPECT_EQ(judge({deployment(2, 2, 3, 3, 3, 4), {}}).phase, Progress::Phase::moving);
  EXPECT_EQ(judge({deployment(2, 2, 3, 3, 2, 3), {}}).phase, Progress::Phase::moving);
  EXPECT_EQ(judge({deployment(2, 2, 0, 0, 0, 0), {}}).phase, Progress::Phase::done);
}

TEST(Judge, NamesWhatTheControllerCannotDo) {
  Json refused = deployment(2, 2, 3, 0, 0, 0);
  refused["status"]["conditions"] = Json::array({{{"type", "ReplicaFailure"}, {"status", "True"}, {"message", "pods \"p\" is forbidden"}},
                                                 {{"type", "Progressing"}, {"status", "False"}, {"reason", "ProgressDeadlineExceeded"}}});
  const Progress progress = judge({refused, {}});
  EXPECT_EQ(progress.phase, Progress::Phase::stalled);
  ASSERT_EQ(progress.troubles.size(), 1U);
  EXPECT_EQ(progress.troubles[0].text, "its pods are refused: pods \"p\" is forbidden");
}

TEST(Troubles, NameTheImageOfAVolume) {
  const auto waiting = [](const std::string& message) {
    SeenPod seen = container({{"state", {{"waiting", {{"reason", "ErrImagePull"}, {"message", message}}}}}});
    seen.pod["spec"]["volumes"] =
        Json::array({{{"name", "tmp"}, {"emptyDir", Json::object()}}, {{"name", "model"}, {"image", {{"reference", "r/model@sha256:0"}}}}});
    return told(seen);
  };
  EXPECT_THAT(waiting("failed to pull image \"r/model@sha256:0\": not found"),
              ElementsAre("image: the image r/model@sha256:0 cannot be pulled: failed to pull image \"r/model@sha256:0\": not found"));
  EXPECT_THAT(waiting("failed to pull image \"i:1\": not found"),
              ElementsAre("image: the image i:1 cannot be pulled: failed to pull image \"i:1\": not found"));
}

TEST(Troubles, AreSeenInAPodsStatus) {
  EXPECT_THAT(told(container({{"ready", true}, {"state", {{"running", Json::object()}}}})), IsEmpty());
  EXPECT_THAT(told(container({{"state", {{"waiting", {{"reason", "ContainerCreating"}}}}}})), IsEmpty());
  EXPECT_THAT(told(container({{"state", {{"waiting", {{"reason", "ImagePullBackOff"}}}}}})),
              ElementsAre("image: the image i:1 cannot be pulled: ImagePullBackOff"));
  EXPECT_THAT(told(container({{"state", {{"waiting", {{"reason", "CreateContainerConfigError"}, {"message", "secret \"s\" not found"}}}}}})),
              ElementsAre("configuration: cannot be started: secret \"s\" not found"));
  EXPECT_THAT(
      told(container({{"restartCount", 2}, {"state", {{"waiting", {{"reason", "CrashLoopBackOff"}}}}}, {"lastState", {{"terminated", {{"exitCode", 3}}}}}})),
      ElementsAre("crash: ended with exit code 3, restarted 2 times (log before)"));
  EXPECT_THAT(told(container({{"state", {{"terminated", {{"exitCode", 139}, {"signal", 11}}}}}})), ElementsAre("crash: was ended by signal 11 (log)"));
  EXPECT_THAT(
      told(container(
          {{"restartCount", 1}, {"state", {{"running", Json::object()}}}, {"lastState", {{"terminated", {{"exitCode", 137}, {"reason", "OOMKilled"}}}}}})),
      ElementsAre("memory: was killed for using more memory than its limit, restarted once (log before)"));
  // A server that ends well was not to end either.
  const Json ended_well{{"terminated", {{"exitCode", 0}, {"reason", "Completed"}}}};
  EXPECT_THAT(told(container({{"restartCount", 3}, {"state", {{"waiting", {{"reason", "CrashLoopBackOff"}}}}}, {"lastState", ended_well}})),
              ElementsAre("crash: ended with exit code 0, restarted 3 times (log before)"));
  EXPECT_THAT(told(container({{"state", ended_well}})), IsEmpty());
  // The kubelet has ended it: the event says why.
  EXPECT_THAT(told(container({{"restartCount", 1}, {"state", {{"running", Json::object()}}}, {"lastState", ended_well}},
                             {{"Warning", "Unhealthy", "Liveness probe failed: 503", 1}})),
              ElementsAre("probe: Liveness probe failed: 503 (log)"));
  EXPECT_THAT(told(container({{"restartCount", 1}, {"state", ended_well}, {"lastState", {{"terminated", {{"exitCode", 3}}}}}})), IsEmpty());
  EXPECT_THAT(told(pod({{"initContainerStatuses", Json::array({{{"name", "fetch"}, {"restartCount", 1}, {"state", ended_well}, {"lastState", ended_well}}})}})),
              IsEmpty());
  // It crashed once and is well now.
  EXPECT_THAT(
      told(container({{"ready", true}, {"restartCount", 1}, {"state", {{"running", Json::object()}}}, {"lastState", {{"terminated", {{"exitCode", 1}}}}}})),
      IsEmpty());
  EXPECT_THAT(
      told(pod({{"conditions", Json::array({{{"type", "PodScheduled"}, {"status", "False"}, {"reason", "Unschedulable"}, {"message", "0/2 nodes"}}})}})),
      ElementsAre("unschedulable: no node takes it: 0/2 nodes"));
}

TEST(Troubles, AreSeenInEvents) {
  const EventNote unhealthy{"Warning", "Unhealthy", "Readiness probe failed: 503", 4}, mount{"Warning", "FailedMount", "no such claim", 1};
  EXPECT_THAT(told(container({{"state", {{"running", Json::object()}}}}, {unhealthy})), ElementsAre("probe: Readiness probe failed: 503 (log)"));
  EXPECT_THAT(told(container({{"state", {{"waiting", {{"reason", "ContainerCreating"}}}}}}, {mount})),
              ElementsAre("volume: a volume is not there: no such claim"));
  // Of yesterday: the pod is ready.
  SeenPod well = container({{"ready", true}, {"state", {{"running", Json::object()}}}}, {unhealthy});
  well.pod["status"]["conditions"] = Json::array({{{"type", "Ready"}, {"status", "True"}}});
  EXPECT_THAT(told(well), IsEmpty());
}

TEST(Troubles, NothingThatAServerSendsBreaksThem) {
  for (const char* odd : {"[]", "7", "null", R"({"status": 7})", R"({"status": {"containerStatuses": {"a": 1}, "conditions": "x"}})",
                          R"({"status": {"containerStatuses": [7, null, {"state": []}, {"state": {"terminated": {"exitCode": "x"}}}]}})"}) {
    EXPECT_THAT(told({Json::parse(odd), {}}), IsEmpty()) << odd;
    EXPECT_NO_THROW(judge({Json::parse(odd), {}})) << odd;
  }
}

TEST(Capacity, ReadsAmounts) {
  const std::pair<const char*, double> examples[] = {
      {"250m", 0.25}, {"2", 2},   {"1.5", 1.5}, {"512Mi", 536870912}, {"1Gi", 1073741824}, {"1e3", 1000}, {"2E", 2e18}, {"24689012Ki", 24689012.0 * 1024},
      {"", 0},        {"many", 0}};
  for (const auto& [text, value] : examples) EXPECT_DOUBLE_EQ(amount(text), value) << text;
}

TEST(Capacity, FitsWholePodsIntoWhatEachNodeHasLeft) {
  const Room need{0.5, 100, 1};
  EXPECT_EQ(pods_that_fit(need, {{1, 1000, 10}, {0.9, 1000, 10}}, 5), 3);
  EXPECT_EQ(pods_that_fit(need, {{4, 250, 10}, {4, 1000, 1}}, 5), 3);
  EXPECT_EQ(pods_that_fit(need, {{-1, 1000, 10}}, 5), 0);
  EXPECT_EQ(pods_that_fit({0, 0, 1}, {{0, 0, 3}}, 5), 3);
  EXPECT_EQ(pods_that_fit(need, {{100, 100000, 100}}, 5), 5);
}

TEST(Capacity, CountsThePodsThatComeOnTopOfThoseThatAre) {
  const auto of = [](int replicas, const char* image, const Json& surge) {
    return Json{{"spec", {{"replicas", replicas}, {"strategy", {{"rollingUpdate", {{"maxSurge", surge}}}}}, {"template", {{"spec", {{"image", image}}}}}}}};
  };
  EXPECT_EQ(extra_pods(Json(), of(3, "a", "25%")), 3);
  EXPECT_EQ(extra_pods(of(3, "a", "25%"), of(3, "a", "25%")), 0);
  EXPECT_EQ(extra_pods(of(3, "a", "25%"), of(3, "b", "25%")), 1);
  EXPECT_EQ(extra_pods(of(3, "a", 2), of(5, "b", 2)), 4);
  EXPECT_EQ(extra_pods(of(5, "a", "25%"), of(3, "a", "25%")), 0);
  EXPECT_EQ(extra_pods(of(10, "a", "100%"), of(10, "b", "100%")), 10);
  for (const auto& [strategy, candidates] : {std::pair("rolling", 0), std::pair("blue-green", 10), std::pair(R"({"canary":[10,50,100]})", 5)}) {
    Json promoted = of(10, "b", 1);
    promoted["metadata"]["annotations"]["mlopsctl/strategy"] = strategy;
    EXPECT_EQ(extra_pods(of(10, "a", 1), promoted), 1 + candidates) << strategy;
  }
}

}  // namespace
}  // namespace mlopsctl::k8s
