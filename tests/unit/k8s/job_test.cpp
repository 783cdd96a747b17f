#include "pipeline/k8s/job.hpp"

#include <gmock/gmock.h>

#include "tests/support/scripted_cluster.hpp"

namespace mlopsctl::k8s {
namespace {

using ::testing::ElementsAre;
using testing::ScriptedCluster;

Json job_of(const std::string& name, const std::string& argument, const Json& status = Json::object()) {
  return {
      {"apiVersion", "batch/v1"},
      {"kind", "Job"},
      {"metadata",
       {{"name", name}, {"namespace", "shop"}, {"labels", {{"app.kubernetes.io/instance", "web-predict"}}}, {"annotations", {{"mlopsctl/job", "predict"}}}}},
      {"spec", {{"template", {{"spec", {{"containers", Json::array({{{"name", "job"}, {"image", "i"}, {"args", {argument}}}})}}}}}}},
      {"status", status}};
}
const Json complete{{"conditions", Json::array({{{"type", "Complete"}, {"status", "True"}}})}};

// A cluster with these Jobs; those that are made are added.
struct Jobs {
  ScriptedCluster cluster;
  std::vector<Json> there;
  Json numbers;          // the ConfigMap
  int lose_answers = 0;  // of so many creations
  bool race = false;     // somebody else counts, too, before the next write

  Result<Reply> count(const Call& call) {
    if (call.method == "GET") return numbers.is_null() ? ScriptedCluster::refused(404, "NotFound") : ScriptedCluster::ok(numbers);
    if (std::exchange(race, false)) {
      const int64_t used = std::atoll(text_at(at(numbers, "data", "web-predict")).c_str());
      numbers["metadata"]["resourceVersion"] = "other";
      numbers["data"]["web-predict"] = std::to_string(used + 1);
    }
    const Json wanted = Json::parse(call.body);
    if (at(wanted, "metadata", "resourceVersion") != at(numbers, "metadata", "resourceVersion"))
      return ScriptedCluster::refused(409, call.method == "POST" ? "AlreadyExists" : "Conflict");
    numbers = wanted;
    numbers["metadata"]["resourceVersion"] = std::to_string(cluster.calls.size());
    return ScriptedCluster::ok(numbers, 201);
  }

  Jobs() {
    cluster.answer = [this](const Call& call) -> Result<Reply> {
      if (call.path.find("/configmaps") != std::string::npos) return count(call);
      if (call.method == "POST") {
        Json made = Json::parse(call.body);
        for (const Json& each : there)
          if (at(each, "metadata", "name") == at(made, "metadata", "name")) return ScriptedCluster::refused(409, "AlreadyExists");
        there.push_back(made);
        if (lose_answers-- > 0) {
          Error lost = stage_error("connection reset");
          lost.kind = ErrorKind::cluster;
          return lost;
        }
        return ScriptedCluster::ok(made, 201);
      }
      for (const Json& each : there)
        if (call.path.ends_with("/jobs/" + text_at(at(each, "metadata", "name")))) return ScriptedCluster::ok(each);
      return ScriptedCluster::ok({{"items", there}});
    };
  }
  std::string start(const Json& pattern) {
    const auto started = start_job(cluster, pattern);
    if (!started) return started.error().message;
    return (started->was_there ? "there: " : "new: ") + started->job.name;
  }
};

TEST(StartJob, NumbersTheRunsOfAWork) {
  Jobs jobs;
  for (const char* name : {"web-predict-r2", "web-predict-29401234", "web-predict-extra-r9"}) jobs.there.push_back(job_of(name, "a", complete));
  jobs.there[2]["metadata"]["labels"]["app.kubernetes.io/instance"] = "web-predict-extra";
  EXPECT_EQ(jobs.start(job_of("web-predict-1a2b3c4d", "a")), "new: web-predict-r3");
  const Json& made = jobs.there.back();
  EXPECT_TRUE(at(made, "metadata", "ownerReferences").is_null());
  EXPECT_EQ(work_of(made), "predict");
  EXPECT_EQ(at(made, "spec"), at(job_of("", "a"), "spec"));
}

TEST(StartJob, GivesNoNumberTwiceThoughTheirJobsAreGone) {
  Jobs jobs;
  EXPECT_EQ(jobs.start(job_of("", "a")), "new: web-predict-r1");
  jobs.there.clear();  // cancelled, or a week has passed
  EXPECT_EQ(jobs.start(job_of("", "a")), "new: web-predict-r2");
  jobs.there = {job_of("web-predict-r7", "a", complete)};  // of before it was counted
  EXPECT_EQ(jobs.start(job_of("", "a")), "new: web-predict-r8");
  jobs.there.clear();
  jobs.race = true;
  EXPECT_EQ(jobs.start(job_of("", "a")), "new: web-predict-r10");
  EXPECT_EQ(at(jobs.numbers, "data", "web-predict"), "10");
}

TEST(StartJob, IsTheOneThatIsUnderWay) {
  Jobs jobs;
  jobs.there.push_back(job_of("web-predict-29401234", "a", {{"active", 1}}));
  EXPECT_EQ(jobs.start(job_of("", "a")), "there: web-predict-29401234");
  EXPECT_EQ(jobs.start(job_of("", "b")), "Job shop/web-predict-29401234 is under way with another image or other arguments");
  jobs.there[0]["metadata"]["deletionTimestamp"] = "2026-11-26T11:00:00Z";
  EXPECT_EQ(jobs.start(job_of("", "a")), "Job shop/web-predict-29401234 was cancelled and has not ended yet");
}

TEST(StartJob, IsStartedOnceThoughTheAnswerWasLost) {
  Jobs jobs;
  jobs.lose_answers = 1;
  EXPECT_EQ(jobs.start(job_of("", "a")), "new: web-predict-r1");
  EXPECT_EQ(jobs.start(job_of("", "a")), "there: web-predict-r1");
  EXPECT_EQ(jobs.there.size(), 1U);
}

TEST(StartJob, OfACronJobBelongsToIt) {
  Jobs jobs;
  const Json pattern{
      {"apiVersion", "batch/v1"},
      {"kind", "CronJob"},
      {"metadata", {{"name", "web-predict"}, {"namespace", "shop"}, {"uid", "u-1"}}},
      {"spec", {{"schedule", "0 3 * * *"}, {"jobTemplate", {{"metadata", at(job_of("", "a"), "metadata")}, {"spec", at(job_of("", "a"), "spec")}}}}}};
  EXPECT_EQ(jobs.start(pattern), "new: web-predict-r1");
  EXPECT_EQ(at(jobs.there[0], "metadata", "ownerReferences")[0]["uid"], "u-1");
  EXPECT_EQ(at(at(jobs.there[0], "metadata", "annotations"), "cronjob.kubernetes.io/instantiate"), "manual");
}

// A pod that writes three lines and ends; its log breaks off on the way, and the cluster is away for a while.
TEST(WatchJob, ReadsEveryLineOnceAndGoesOnAfterALostConnection) {
  ScriptedCluster cluster;
  int round = 0, reads = 0;
  std::vector<std::string> since;
  cluster.answer = [&](const Call& call) -> Result<Reply> {
    const bool ended = round >= 3;
    if (call.path.ends_with("/jobs/j")) {
      if (++round == 2) {
        Error away = stage_error("no route to host");
        away.kind = ErrorKind::cluster;
        return away;
      }
      Json job = job_of("j", "a", ended ? complete : Json{{"active", 1}});
      job["metadata"]["uid"] = "u";
      return ScriptedCluster::ok(job);
    }
    if (call.path.ends_with("/pods")) {
      const Json state = ended ? Json{{"terminated", {{"exitCode", 0}}}} : Json{{"running", Json::object()}};
      return ScriptedCluster::ok(
          {{"items",
            Json::array(
                {{{"metadata", {{"name", "p"}, {"uid", "pu"}}},
                  {"spec", {{"nodeName", "n"}}},
                  {"status", {{"phase", ended ? "Succeeded" : "Running"}, {"containerStatuses", Json::array({{{"name", "job"}, {"state", state}}})}}}}})}});
    }
    if (call.path.ends_with("/pods/p/log")) {
      since.push_back(testing::query_of(call, "sinceTime"));
      std::string log = "2026-11-26T11:00:00.100000000Z one\n2026-11-26T13:00:00.200000000+02:00 two\n";
      if (++reads > 1) log += "2026-11-26T11:00:01.000000000Z\n2026-11-26T11:00:01.000000000Z three\n";
      Reply reply{200, log, {}, {}};
      if (reads == 1) {
        Error broken = stage_error("connection reset");
        broken.kind = ErrorKind::cluster;
        cluster.stream_error = broken;
      }
      return reply;
    }
    return ScriptedCluster::ok({{"items", Json::array()}});
  };
  std::vector<std::string> lines, lost, moved;
  WatchJobOptions options;
  options.line = [&](std::string_view line) { return lines.emplace_back(line), Status(); };
  options.lost = [&](const std::string& why) { lost.push_back(why); };
  options.moved = [&](const JobProgress& progress) { moved.push_back(progress.text()); };
  const auto watched = watch_job(cluster, ref(resources::jobs, "shop", "j"), options);
  ASSERT_TRUE(watched.ok()) << watched.error().message;
  EXPECT_EQ(watched->phase, JobProgress::Phase::done);
  EXPECT_THAT(lines, ElementsAre("one", "two", "", "three"));
  EXPECT_THAT(since, ElementsAre("", "2026-11-26T11:00:00Z"));
  EXPECT_THAT(lost, ElementsAre("no route to host"));
  EXPECT_THAT(moved, ElementsAre("pod p runs on n", "pod p has ended"));
}

// A node that is gone for good leaves its pod Failed with a container that still seems to run.
TEST(WatchJob, AsksNobodyForTheLogOfAPodThatWasGivenUp) {
  ScriptedCluster cluster;
  int round = 0, reads = 0;
  cluster.answer = [&](const Call& call) -> Result<Reply> {
    if (call.path.ends_with("/jobs/j")) {
      Json job = job_of("j", "a", ++round > 2 ? complete : Json{{"active", 1}});
      job["metadata"]["uid"] = "u";
      return ScriptedCluster::ok(job);
    }
    if (call.path.ends_with("/log")) return ++reads, Reply{200, "", {}, {}};
    const Json container = {{"name", "job"}, {"state", {{"running", Json::object()}}}};
    return ScriptedCluster::ok({{"items", Json::array({{{"metadata", {{"name", "p"}, {"uid", "pu"}}},
                                                        {"spec", {{"nodeName", "n"}}},
                                                        {"status", {{"phase", "Failed"}, {"containerStatuses", Json::array({container})}}}}})}});
  };
  WatchJobOptions options;
  options.line = [](std::string_view) { return Status(); };
  ASSERT_TRUE(watch_job(cluster, ref(resources::jobs, "shop", "j"), options).ok());
  EXPECT_EQ(reads, 0);
}

TEST(WatchJob, GivesUpWhereTheClusterStaysAwayAndAtOnceWhereItRefuses) {
  ScriptedCluster cluster;
  cluster.answer = [](const Call&) -> Result<Reply> {
    Error away = stage_error("no route to host");
    away.kind = ErrorKind::cluster;
    return away;
  };
  EXPECT_EQ(watch_job(cluster, ref(resources::jobs, "shop", "j"), {}).error().message, "no route to host");
  EXPECT_GE(cluster.calls.size(), 100U);
  cluster.calls.clear();
  cluster.answer = [](const Call&) -> Result<Reply> { return ScriptedCluster::refused(403, "Forbidden", "no"); };
  EXPECT_EQ(watch_job(cluster, ref(resources::jobs, "shop", "j"), {}).error().message, "get Job shop/j: HTTP 403 Forbidden: no");
  EXPECT_EQ(cluster.calls.size(), 1U);
  cluster.answer = [](const Call&) -> Result<Reply> { return ScriptedCluster::refused(404, "NotFound"); };
  EXPECT_EQ(watch_job(cluster, ref(resources::jobs, "shop", "j"), {}).error().message, "Job shop/j is gone: somebody deleted it");
}

}  // namespace
}  // namespace mlopsctl::k8s
