#include <gmock/gmock.h>

#include "pipeline/k8s/deploy.hpp"
#include "pipeline/k8s/job.hpp"
#include "pipeline/k8s/watch.hpp"
#include "tests/support/api_proxy.hpp"
#include "tests/support/real_cluster.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::k8s {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;
using ::testing::AnyOf, ::testing::HasSubstr;

class FaultsOnCluster : public testing::RealCluster {
 protected:
  void SetUp() override {
    RealCluster::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    proxy_ = testing::ApiProxy::start(cluster().access().server, *folder_ + "/pki/ca.crt");
    if (!proxy_) GTEST_SKIP() << "there is no Go to build the proxy with";
  }

  Api through_proxy(const std::string& protocol, int tries = 4, milliseconds still = seconds(2)) {
    return proxy_->connect(protocol, tries, still, clock_, cancel_);
  }
  void plan(const std::string& text) { proxy_->plan(text); }
  bool used() const { return proxy_->used(); }

  // Something new to deploy each time, without new pods.
  ManifestSet next_version() {
    Json web = deployment("web", 1);
    web["metadata"]["annotations"]["version"] = std::to_string(++versions_);
    return *parse_manifests("---\n" + canonical(config_map("settings", {{"version", std::to_string(versions_)}})) + "\n---\n" + canonical(web) + "\n", "test");
  }

  // Deploys once for each request of a deployment, with the fault at that request, until it is past the last. How often.
  int at_every_request(Api& api, const std::string& fault) {
    for (int n = 1;; ++n) {
      plan(fault + " " + std::to_string(n));
      const ManifestSet set = next_version();
      DeployOptions options;
      options.holder = "test";
      const auto report = deploy(api, set, options);
      EXPECT_TRUE(report.ok()) << fault << " at request " << n << ": " << report.error().message;
      const bool past = !used();
      plan("");
      const auto same = diff(cluster(), set, false);
      EXPECT_TRUE(same.ok() && same->same()) << fault << " at request " << n << ": the cluster has not what we said";
      if (!report.ok() || past) return n - 1;
    }
  }

  // A work of ours, as `mlopsctl render` has it, whose container runs a line of shell.
  Json job(const std::string& work, const std::string& shell) const {
    const Json metadata{
        {"labels", {{"app.kubernetes.io/managed-by", "mlopsctl"}, {"app.kubernetes.io/component", "job"}, {"app.kubernetes.io/instance", work}}},
        {"namespace", name_space_}};
    const Json container{{"name", "job"}, {"image", "registry.test/web:v1"}, {"command", {"/bin/sh", "-c", shell}}};
    return {{"apiVersion", "batch/v1"},
            {"kind", "Job"},
            {"metadata", metadata},
            {"spec", {{"suspend", shell.empty()}, {"template", {{"spec", {{"restartPolicy", "Never"}, {"containers", Json::array({container})}}}}}}}};
  }

  testing::TemporaryFolder scratch_;
  std::unique_ptr<testing::ApiProxy> proxy_;
  int versions_ = 0;
};

TEST_F(FaultsOnCluster, ADeploymentCompletesWhicheverRequestGoesWrong) {
  plan("");
  Api second = through_proxy("HTTP2"), first = through_proxy("HTTP1");
  for (const char* fault : {"429", "500", "503", "cut", "lost"}) EXPECT_GE(at_every_request(second, fault), 15) << fault;
  for (const char* fault : {"cut", "lost"}) EXPECT_GE(at_every_request(first, fault), 15) << fault;
}

TEST_F(FaultsOnCluster, ASlowServerIsWaitedForAndASilentOneAskedAgain) {
  Api api = through_proxy("HTTP2");
  for (const char* fault : {"slow", "stall"}) {
    plan(std::string(fault) + " 3");
    const ManifestSet set = next_version();
    DeployOptions options;
    options.holder = "test";
    const auto report = deploy(api, set, options);
    EXPECT_TRUE(report.ok()) << fault << ": " << report.error().message;
    EXPECT_TRUE(used());
  }
}

TEST_F(FaultsOnCluster, WhatDoesNotPassIsSaidTruly) {
  Api api = through_proxy("HTTP2", 2, seconds(1));
  const auto outcome = [&](const std::string& fault) {
    plan(fault);
    const auto report = deploy(api, next_version(), {.holder = "test"});
    EXPECT_FALSE(report.ok()) << fault;
    return report.ok() ? Error() : report.error();
  };
  Error error = outcome("503 all");
  EXPECT_EQ(error.kind, ErrorKind::cluster);
  EXPECT_THAT(error.message, HasSubstr("HTTP 503: the proxy says 503"));
  error = outcome("cut all");
  EXPECT_EQ(error.kind, ErrorKind::cluster);
  EXPECT_THAT(error.message, HasSubstr("tried 2 times"));
  error = outcome("stall all");
  EXPECT_EQ(error.kind, ErrorKind::timeout);
  error = outcome("401 4");
  EXPECT_EQ(error.kind, ErrorKind::cluster);
  EXPECT_THAT(error.message, HasSubstr("HTTP 401: the proxy says 401"));
  EXPECT_THAT(error.hint, HasSubstr("log in again"));
}

TEST_F(FaultsOnCluster, ATokenThatRunsOutIsReadAnew) {
  Access access = cluster().access();
  access.certificate_file.clear(), access.key_file.clear();
  access.token_file = scratch_.write("token", "old-token").string();
  auto api = Api::connect(access, {}, clock_, cancel_);
  ASSERT_TRUE(api.ok());
  EXPECT_FALSE(get(*api, ref(resources::namespaces, "", name_space_)).ok());
  scratch_.write("token", "admin-token");  // the server refuses the one we have read; the file has another by now
  const auto found = get(*api, ref(resources::namespaces, "", name_space_));
  EXPECT_TRUE(found.ok()) << found.error().message;
}

TEST_F(FaultsOnCluster, AJobIsStartedOnceWhicheverRequestGoesWrong) {
  Api api = through_proxy("HTTP2");
  for (const std::string fault : {"429", "503", "cut", "lost", "stall"})
    for (int n = 1; n <= 4; ++n) {  // the list, the last number, the next one, the creation
      plan(fault + " " + std::to_string(n));
      const std::string work = "w-" + fault + "-" + std::to_string(n);
      auto started = start_job(api, job(work, ""));
      EXPECT_TRUE(used());
      plan("");
      // Where it could not be known whether it has arrived, the same call says so.
      if (!started) started = start_job(api, job(work, ""));
      ASSERT_TRUE(started.ok()) << fault << " at request " << n << ": " << started.error().message;
      EXPECT_THAT(started->job.name, AnyOf(work + "-r1", work + "-r2"));  // a number of which it is not known whether it was counted is lost
      const auto jobs = list_jobs(cluster(), name_space_);
      ASSERT_TRUE(jobs.ok());
      EXPECT_EQ(std::count_if(jobs->begin(), jobs->end(), [&](const Json& each) { return text_at(at(each, "metadata", "name")).starts_with(work + "-"); }), 1)
          << fault;
    }
}

TEST_F(FaultsOnCluster, AJobsLogIsReadOnceHoweverOftenTheReadingBreaks) {
  plan("");
  const auto started = start_job(cluster(), job("speaks", "for i in $(seq 40); do echo line $i; sleep 0.05; done; printf 'no end'"));
  ASSERT_TRUE(started.ok()) << started.error().message;
  Api api = through_proxy("HTTP2");
  std::vector<std::string> lines, wanted;
  for (int i = 1; i <= 40; ++i) wanted.push_back("line " + std::to_string(i));
  wanted.emplace_back("no end");
  WatchJobOptions options;
  options.line = [&](std::string_view line) -> Status {
    lines.emplace_back(line);
    if (lines.size() % 15 == 0) plan(lines.size() == 15 ? "cut 2" : "503 1");  // when it is looked at again
    if (lines.size() % 6 == 0) return stage_error("the connection breaks here");
    return {};
  };
  const auto watched = watch_job(api, started->job, options);
  ASSERT_TRUE(watched.ok()) << watched.error().message;
  EXPECT_EQ(watched->phase, JobProgress::Phase::done);
  EXPECT_THAT(lines, ::testing::ElementsAreArray(wanted));
}

TEST_F(FaultsOnCluster, AWatchGoesOnThroughSilenceExpiryAndCuts) {
  Api api = through_proxy("HTTP2");
  for (const std::string fault : {"silent", "expired", "cut", "stall", "503"}) {
    const std::string name = "seen-" + fault;
    plan(fault + " 2");  // 1 is the list
    WatchOptions options;
    options.name_space = name_space_;
    options.silence = seconds(1);
    options.first_wait = milliseconds(5);
    std::vector<std::string> why;
    options.interrupted = [&](const std::string& text) {
      why.push_back(text);
      applied(config_map(name, {}));
    };
    const auto done = follow(api, resources::config_maps, options, [&](Change change, const Json& object) -> Result<bool> {
      return change != Change::present || at(object, "metadata", "name") != name;
    });
    EXPECT_TRUE(done.ok()) << fault << ": " << done.error().message;
    EXPECT_FALSE(why.empty()) << fault;
  }
}

}  // namespace
}  // namespace mlopsctl::k8s
