#include "pipeline/k8s/job_status.hpp"

#include <gmock/gmock.h>

#include "pipeline/base/clock.hpp"
#include "pipeline/k8s/job_contract.hpp"
#include "pipeline/k8s/schedule.hpp"

namespace mlopsctl::k8s {
namespace {

using ::testing::ElementsAre, ::testing::IsEmpty;
using Phase = JobProgress::Phase;

Json job(const Json& status, int retries = 3) {
  return {{"metadata", {{"name", "j"}}}, {"spec", {{"backoffLimit", retries}, {"activeDeadlineSeconds", 60}}}, {"status", status}};
}
Json with_condition(const char* type, const char* reason, const char* message = "") {
  return {{"conditions", Json::array({{{"type", type}, {"status", "True"}, {"reason", reason}, {"message", message}}})}};
}
SeenPod pod(const char* name, const char* phase, const Json& state) {
  return {{{"metadata", {{"name", name}}},
           {"spec", {{"nodeName", "node-1"}}},
           {"status", {{"phase", phase}, {"containerStatuses", Json::array({{{"name", "job"}, {"image", "i:1"}, {"state", state}}})}}}},
          {}};
}
SeenPod ended(int code, const char* reason = "Error") { return pod("p", "Failed", {{"terminated", {{"exitCode", code}, {"reason", reason}}}}); }

TEST(JobContract, NamesEveryCodeOfOursOnceInThePolicy) {
  for (const ErrorKind kind :
       {ErrorKind::usage, ErrorKind::config, ErrorKind::stage, ErrorKind::cluster, ErrorKind::timeout, ErrorKind::interrupted, ErrorKind::internal})
    EXPECT_NE(job_end(exit_code(kind)), nullptr) << to_string(kind);
  EXPECT_EQ(job_end(0), nullptr);
  EXPECT_EQ(job_end(137), nullptr);
  std::vector<std::string> rules;
  const Json policy = pod_failure_policy();
  for (const Json& rule : policy.at("rules")) rules.push_back(rule.at("action").get<std::string>() + " " + canonical(at(rule, "onExitCodes", "values")));
  EXPECT_THAT(rules, ElementsAre("Ignore null", "FailJob [1,2]", "Ignore [130]", "Count [3,4,5,6,70]"));
}

TEST(JobStatus, SaysHowItStands) {
  EXPECT_EQ(judge_job({job(Json::object()), {}, {}}).text(), "waiting for a pod");
  EXPECT_EQ(judge_job({job({{"active", 1}}), {}, {pod("p", "Pending", {{"waiting", {{"reason", "ContainerCreating"}}}})}}).text(), "pod p has not started yet");
  const SeenPod runs = pod("q", "Running", {{"running", Json::object()}});
  EXPECT_EQ(judge_job({job({{"active", 1}}), {}, {runs}}).text(), "pod q runs on node-1");
  EXPECT_EQ(judge_job({job({{"active", 1}, {"failed", 1}}), {}, {ended(3), runs}}).text(), "pod q runs on node-1, try 2 of 4");
  const JobProgress done =
      judge_job({job(with_condition("Complete", "CompletionsReached")), {}, {ended(3), pod("q", "Succeeded", {{"terminated", {{"exitCode", 0}}}})}});
  EXPECT_EQ(done.phase, Phase::done);
  EXPECT_EQ(done.passed_on(), 0);
  EXPECT_THAT(done.troubles, IsEmpty());
  Json suspended = job(Json::object()), going = job({{"active", 1}});
  suspended["spec"]["suspend"] = true;
  going["metadata"]["deletionTimestamp"] = "2026-11-26T11:00:00Z";
  EXPECT_EQ(judge_job({suspended, {}, {}}).text(), "it is suspended");
  EXPECT_EQ(judge_job({going, {}, {runs}}).text(), "it was cancelled, and ends");
}

TEST(JobStatus, SaysWhyItFailedAndPassesTheCodeOn) {
  const auto failed = [](const char* reason, const SeenPod& last, int retries = 3) {
    const JobProgress progress = judge_job({job(with_condition("Failed", reason, "in Kubernetes' words"), retries), {}, {last}});
    EXPECT_EQ(progress.phase, Phase::failed);
    return progress.reason + " -> " + std::to_string(progress.passed_on());
  };
  EXPECT_EQ(failed("PodFailurePolicy", ended(2)), "exit code 2: the command line, the pipeline or an input is wrong; so it is not tried again -> 2");
  EXPECT_EQ(failed("PodFailurePolicy", ended(1)), "exit code 1: a verdict said no; so it is not tried again -> 1");
  EXPECT_EQ(failed("BackoffLimitExceeded", ended(3)), "exit code 3: a stage failed; tried 4 times -> 3");
  EXPECT_EQ(failed("BackoffLimitExceeded", ended(4), 0), "exit code 4: a cluster refused or could not be reached; it is tried only once -> 4");
  EXPECT_EQ(failed("BackoffLimitExceeded", ended(137, "OOMKilled")), "it was killed for using more memory than its limit; tried 4 times -> 3");
  EXPECT_EQ(failed("BackoffLimitExceeded", ended(134)), "exit code 134; tried 4 times -> 3");
  EXPECT_EQ(failed("DeadlineExceeded", ended(130)), "it was not done within its deadline of 60 s -> 5");
  EXPECT_EQ(failed("BackoffLimitExceeded", {Json::object(), {}}), "in Kubernetes' words -> 3");
}

TEST(JobStatus, NamesWhatStandsInTheWay) {
  const auto told = [](const JobSeen& seen) {
    std::vector<std::string> all;
    for (const Trouble& each : judge_job(seen).troubles) all.push_back(std::string(to_string(each.kind)) + ": " + each.text);
    return all;
  };
  EXPECT_THAT(told({job({{"active", 1}}), {}, {pod("p", "Pending", {{"waiting", {{"reason", "ErrImagePull"}, {"message", "not found"}}}})}}),
              ElementsAre("image: the image i:1 cannot be pulled: not found"));
  EXPECT_THAT(told({job({{"failed", 1}}), {}, {ended(3)}}), ElementsAre("crash: ended with exit code 3: a stage failed"));
  EXPECT_THAT(told({job({{"failed", 1}}), {}, {ended(137, "OOMKilled")}}), ElementsAre("memory: was killed for using more memory than its limit"));
  EXPECT_THAT(told({job(Json::object()), {{"Warning", "FailedCreate", "exceeded quota", 3}}, {}}),
              ElementsAre("refused: its pods are refused: exceeded quota"));
  SeenPod lost = pod("p", "Running", {{"running", Json::object()}});
  lost.pod["metadata"]["deletionTimestamp"] = "2026-11-26T11:00:00Z";
  lost.pod["status"]["conditions"] = Json::array({{{"type", "DisruptionTarget"}, {"status", "True"}, {"reason", "DeletionByTaintManager"}}});
  EXPECT_THAT(told({job({{"active", 1}}), {}, {lost}}),
              ElementsAre("node: node-1 does not answer; the work goes on elsewhere once it is certain that this pod has ended: when the node is back, or "
                          "with `kubectl taint node node-1 node.kubernetes.io/out-of-service=:NoExecute` if it never will be"));
  EXPECT_EQ(judge_job({job({{"active", 1}}), {}, {lost}}).phase, Phase::waiting);
  EXPECT_EQ(judge_job({job({{"active", 1}}), {}, {lost}}).text(), "pod p is lost");
}

TEST(JobStatus, NothingThatAServerSendsBreaksIt) {
  for (const char* odd : {"[]", "7", "null", R"({"status": {"conditions": [7, {"type": 3}], "failed": "x"}, "spec": []})"})
    EXPECT_NO_THROW(judge_job({Json::parse(odd), {}, {{Json::parse(odd), {}}}})) << odd;
}

// Daily at three, made on the first of November; the times are those of the server.
struct Scheduled {
  Json cron_job{{"metadata", {{"name", "web-predict"}, {"uid", "u"}, {"creationTimestamp", "2026-11-01T00:00:00Z"}}},
                {"spec", {{"schedule", "0 3 * * *"}, {"startingDeadlineSeconds", 600}}},
                {"status", {{"lastScheduleTime", "2026-11-26T03:00:00Z"}}}};
  std::vector<Json> jobs = {};

  void ran(const char* name, const Json& status) {
    jobs.push_back({{"metadata", {{"name", name}, {"ownerReferences", Json::array({{{"uid", "u"}}})}}}, {"status", status}});
  }
  std::string at(const char* now) const {
    const ScheduleState state = judge_schedule(cron_job, jobs, *from_rfc3339(now));
    return std::string(to_string(state.health)) + (state.well() ? "" : "!") + (state.why.empty() ? "" : ": " + state.why);
  }
};

TEST(ScheduleStatus, IsOverdueWhenARunWasNotStartedInTime) {
  const Scheduled daily;
  EXPECT_EQ(daily.at("2026-11-26T12:00:00Z"), "fine");
  EXPECT_EQ(daily.at("2026-11-27T03:10:30Z"), "fine");  // may still be started
  EXPECT_EQ(daily.at("2026-11-27T03:12:00Z"), "overdue!: a run was due at Fri 2026-11-27 03:00 UTC and was not started within 600 s");
  Scheduled fresh = daily;
  fresh.cron_job["status"] = Json::object();
  EXPECT_EQ(fresh.at("2026-11-01T02:00:00Z"), "fine");
  EXPECT_EQ(fresh.at("2026-11-01T04:00:00Z"), "overdue!: a run was due at Sun 2026-11-01 03:00 UTC and was not started within 600 s");
  // Changed, or resumed, since.
  Scheduled changed = daily;
  changed.cron_job["metadata"]["managedFields"] =
      Json::array({{{"time", "2026-11-27T11:00:00Z"}}, {{"time", "2026-11-28T11:00:00Z"}, {"subresource", "status"}}});
  EXPECT_EQ(changed.at("2026-11-27T12:00:00Z"), "fine");
  EXPECT_EQ(changed.at("2026-11-28T12:00:00Z"), "overdue!: a run was due at Sat 2026-11-28 03:00 UTC and was not started within 600 s");
}

TEST(ScheduleStatus, TellsALateRunFromOneUnderWayAndAFailedOne) {
  Scheduled daily;
  daily.ran("web-predict-1", with_condition("Failed", "DeadlineExceeded"));
  EXPECT_EQ(daily.at("2026-11-26T12:00:00Z"), "failed!: the last run, web-predict-1, failed: it was not done within its deadline of 0 s");
  // No pod is asked here: the controller says it.
  Json refused = with_condition("Failed", "PodFailurePolicy");
  Json& message = refused["conditions"][0]["message"];
  message = "Container job for pod shop/web-predict-x failed with exit code 2 matching FailJob rule at index 0";
  daily.ran("web-predict-x", refused);
  EXPECT_EQ(daily.at("2026-11-26T12:00:00Z"),
            "failed!: the last run, web-predict-x, failed: exit code 2: the command line, the pipeline or an input is wrong; so it is not tried again");
  // A verdict that says no is an answer.
  message = "Container job for pod shop/web-predict-y failed with exit code 1 matching FailJob rule at index 0";
  daily.ran("web-predict-y", refused);
  EXPECT_EQ(daily.at("2026-11-26T12:00:00Z"), "fine: the last run, web-predict-y, said no (exit code 1)");
  EXPECT_EQ(daily.at("2026-11-27T03:12:00Z"), "overdue!: a run was due at Fri 2026-11-27 03:00 UTC and was not started within 600 s");
  daily.ran("web-predict-2", with_condition("Complete", ""));
  EXPECT_EQ(daily.at("2026-11-26T12:00:00Z"), "fine");
  daily.ran("web-predict-3", {{"active", 1}});
  EXPECT_EQ(daily.at("2026-11-28T12:00:00Z"), "running");  // Forbid: nothing is started beside it
  daily.cron_job["spec"]["suspend"] = true;
  EXPECT_EQ(daily.at("2026-11-28T12:00:00Z"), "suspended: it is suspended: nothing is started");
  daily.cron_job["spec"] = {{"schedule", "0 25 * * *"}};
  EXPECT_EQ(daily.at("2026-11-28T12:00:00Z"),
            "unreadable!: the schedule \"0 25 * * *\" is none: hour: expected 0 to 23, a range, * or a step such as */2, got \"25\"");
}

TEST(ScheduleStatus, SaysTimesByLocalClocks) {
  EXPECT_EQ(local_text(*from_rfc3339("2026-11-27T03:00:00Z"), ""), "Fri 2026-11-27 03:00 UTC");
  if (!TimeZone::known_here()) GTEST_SKIP() << "this machine has no time zone database";
  EXPECT_EQ(local_text(*from_rfc3339("2026-11-27T23:30:00Z"), "Europe/Berlin"), "Sat 2026-11-28 00:30 Europe/Berlin (23:30 UTC)");
}

}  // namespace
}  // namespace mlopsctl::k8s
