#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>

#include "pipeline/base/files.hpp"
#include "pipeline/k8s/deploy.hpp"
#include "pipeline/k8s/job.hpp"
#include "pipeline/k8s/watch.hpp"
#include "tests/support/real_cluster.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::k8s {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;
using ::testing::HasSubstr;

class FaultsOnCluster : public testing::RealCluster {
 protected:
  void SetUp() override {
    RealCluster::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const std::string build = MLOPSCTL_SOURCE_DIR "/tests/support/go-tools.sh local " MLOPSCTL_SOURCE_DIR "/tests/e2e/faults/proxy";
    FILE* const out = ::popen(build.c_str(), "r");
    ASSERT_NE(out, nullptr);
    char line[4096] = "";
    const bool told = std::fgets(line, sizeof line, out) != nullptr;
    const int ended = ::pclose(out);
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == 77) GTEST_SKIP() << "there is no Go to build the proxy with";
    ASSERT_TRUE(told && ended == 0) << "the proxy does not build";
    std::string program(line);
    while (program.ends_with('\n')) program.pop_back();
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    proxy_ = ::fork();
    if (proxy_ == 0) {
      ::dup2(ends[0], 0);
      ::close(ends[1]);
      ::execl(program.c_str(), "proxy", scratch_.path().c_str(), server().c_str(), (*folder_ + "/pki/ca.crt").c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[0]);
    stdin_ = FileDescriptor(ends[1]);
    while (!std::filesystem::exists(scratch_ / "ready")) {
      ASSERT_EQ(::waitpid(proxy_, nullptr, WNOHANG), 0) << "the proxy ended";
      clock_.pause(milliseconds(10), cancel_);
    }
  }
  void TearDown() override {
    if (proxy_ > 0) {
      ::kill(proxy_, SIGKILL);
      ::waitpid(proxy_, nullptr, 0);
    }
    RealCluster::TearDown();
  }

  std::string server() {
    const std::string& url = cluster().access().server;
    return url.substr(url.find("//") + 2);
  }
  std::string address(const std::string& protocol) {
    std::ifstream ready(scratch_ / "ready");
    for (std::string line; std::getline(ready, line);)
      if (line.starts_with(protocol + "=")) return line.substr(protocol.size() + 1);
    return {};
  }
  Api through_proxy(const std::string& protocol, int tries = 4, milliseconds still = seconds(2)) {
    Access access;
    access.server = "https://" + address(protocol);
    access.ca_file = (scratch_ / "ca.crt").string();
    access.token = "admin-token";
    ApiOptions options;
    options.tries = tries;
    options.still = still;
    options.first_wait = milliseconds(5);
    options.per_second = 10'000;
    auto api = Api::connect(access, options, clock_, cancel_);
    if (!api) throw std::runtime_error(api.error().message);
    return std::move(api).value();
  }
  void plan(const std::string& text) {
    std::filesystem::remove(scratch_ / "used");
    scratch_.write("plan", text + " #" + std::to_string(++plans_));  // another text each time: it counts anew
  }
  bool used() const { return std::filesystem::exists(scratch_ / "used"); }

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
  pid_t proxy_ = 0;
  FileDescriptor stdin_;
  int plans_ = 0, versions_ = 0;
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
    for (int n = 1; n <= 2; ++n) {  // the list, the creation
      plan(fault + " " + std::to_string(n));
      const std::string work = "w-" + fault + "-" + std::to_string(n);
      auto started = start_job(api, job(work, ""));
      EXPECT_TRUE(used());
      plan("");
      // Where it could not be known whether it has arrived, the same call says so.
      if (!started) started = start_job(api, job(work, ""));
      ASSERT_TRUE(started.ok()) << fault << " at request " << n << ": " << started.error().message;
      EXPECT_EQ(started->job.name, work + "-r1");
      const auto jobs = list_jobs(cluster(), name_space_);
      ASSERT_TRUE(jobs.ok());
      EXPECT_EQ(std::count_if(jobs->begin(), jobs->end(), [&](const Json& each) { return text_at(at(each, "metadata", "name")).starts_with(work); }), 1)
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
