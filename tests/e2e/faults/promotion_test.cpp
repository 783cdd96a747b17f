// What goes wrong with the API server in the middle of a promotion: it ends well, or with a true word, and then it can be ended.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "tests/support/api_proxy.hpp"
#include "tests/support/promotions.hpp"

namespace mlopsctl::k8s {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;
using ::testing::AnyOf, ::testing::Eq, ::testing::HasSubstr;

class PromotionFaultsOnCluster : public testing::Promotions {
 protected:
  static constexpr int many = 20;  // at once; a blue-green promotion writes less often

  void SetUp() override {
    RealCluster::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    proxy_ = testing::ApiProxy::start(cluster().access().server, *folder_ + "/pki/ca.crt");
    if (!proxy_) GTEST_SKIP() << "there is no Go to build the proxy with";
  }

  static std::string name_of(int i) { return i < 10 ? "w0" + std::to_string(i) : "w" + std::to_string(i); }
  ManifestSet small(const std::string& model, int i) const {
    return release(model, {Strategy::Kind::blue_green, {}}, {}, {{"traffic", false}, {"watch", 0}}, name_of(i), 1);
  }
  void deploy_old(int i) {
    DeployOptions options;
    options.holder = "before";
    options.wait = false;
    ASSERT_TRUE(deploy(cluster(), small("old", i), options).ok());
  }
  // All of them at once, each with the fault that `line` gives of the proxy's plan; then `judge` what came of it.
  void promote_all(const std::function<std::string(int i)>& line, const std::function<void(int i, const Result<DeployReport>&)>& judge, int tries = 4) {
    proxy_->plan("");
    for (int i = 0; i < many; ++i) deploy_old(i);
    for (int i = 0; i < many; ++i) ASSERT_TRUE(wait_until_done(cluster(), ref(resources::deployments, name_space_, name_of(i)), {}).ok());
    std::string plan;
    for (int i = 0; i < many; ++i) plan += line(i) + "\n";
    proxy_->plan(plan);
    std::vector<std::thread> threads;
    for (int i = 0; i < many; ++i)
      threads.emplace_back([&, i] {
        SCOPED_TRACE(line(i));
        Api api = proxy_->connect("HTTP2", tries, seconds(1), clock_, cancel_);
        DeployOptions options;
        options.holder = options.origin.who = "the first";
        options.lease = seconds(15);
        judge(i, deploy(api, small("new", i), options));
        expect_ended_elsewhere(*std::make_unique<Api>(connect("admin")), name_of(i), 1, i % 2 == 0);
      });
    for (auto& thread : threads) thread.join();
  }
  static void expect_promoted(const Result<DeployReport>& report) {
    ASSERT_TRUE(report.ok()) << report.error().message;
    ASSERT_TRUE(report->rollout);
    EXPECT_EQ(report->rollout->phase, Rollout::Phase::promoted);
  }

  std::unique_ptr<testing::ApiProxy> proxy_;
};

TEST_F(PromotionFaultsOnCluster, ItCompletesWhicheverWriteGoesWrong) {
  const auto at_write = [](const std::vector<std::string>& faults, int i) {
    return faults[static_cast<size_t>(i) % faults.size()] + " " + std::to_string(i + 1) + " writes " + name_of(i);
  };
  promote_all([&](int i) { return at_write({"lost"}, i); }, [](int, const auto& report) { expect_promoted(report); });
}

TEST_F(PromotionFaultsOnCluster, ItCompletesWhateverGoesWrongWithWritesAndReads) {
  promote_all(
      [&](int i) {
        const std::string faults[] = {"429", "500", "503", "cut", "stall", "halfopen"};
        return faults[i % 6] + " " + std::to_string(i + 1) + " writes " + name_of(i) + "\n" + faults[(i + 3) % 6] + " " + std::to_string(3 * i + 1) + " any " +
               name_of(i);
      },
      [](int, const auto& report) { expect_promoted(report); });
}

TEST_F(PromotionFaultsOnCluster, WhatDoesNotPassIsSaidTrulyAndThePromotionIsEndedElsewhere) {
  struct Fault {
    const char* name;
    ErrorKind kind;
    const char* says;
  };
  static constexpr Fault faults[] = {{"503", ErrorKind::cluster, "HTTP 503: the proxy says 503"},
                                     {"500", ErrorKind::cluster, "HTTP 500: the proxy says 500"},
                                     {"cut", ErrorKind::cluster, "tried 2 times"},
                                     {"stall", ErrorKind::timeout, "Timeout was reached"},
                                     {"halfopen", ErrorKind::timeout, "Timeout was reached"},
                                     {"401", ErrorKind::cluster, "HTTP 401: the proxy says 401"},
                                     {"410", ErrorKind::cluster, "HTTP 410: the proxy says 410"}};
  std::atomic<int> failed = 0;
  promote_all([](int i) { return std::string(faults[i % 7].name) + " " + std::to_string(2 * i + 1) + "+ any " + name_of(i); },
              [&](int i, const auto& report) {
                if (report.ok()) return expect_promoted(report);  // it has fewer requests than that
                ++failed;
                EXPECT_EQ(report.error().kind, faults[i % 7].kind) << report.error().message;
                EXPECT_THAT(report.error().message, HasSubstr(faults[i % 7].says));
              },
              2);
  EXPECT_EQ(failed, many);
}

TEST_F(PromotionFaultsOnCluster, ATokenThatRunsOutOnTheWayIsReadAnew) {
  deploy_old(0);
  ASSERT_TRUE(wait_until_done(cluster(), ref(resources::deployments, name_space_, name_of(0)), {}).ok());
  proxy_->plan("");
  testing::TemporaryFolder scratch;
  const std::string file = scratch.write("token", "first-token").string();
  Api api = proxy_->connect("HTTP2", 4, seconds(1), clock_, cancel_, file);
  DeployOptions options;
  options.holder = options.origin.who = "ann";
  // In its middle the first one ends; whoever gives them out has written the second into the file, as a cluster does.
  options.promoting = [&](const std::string&) {
    if (*read_file(file) == "second-token") return;
    scratch.write("token", "second-token");
    proxy_->plan("401 all any first-token");
  };
  expect_promoted(deploy(api, small("new", 0), options));
  EXPECT_TRUE(proxy_->used());
  expect_settled(cluster(), "new", name_of(0), 1);
}

}  // namespace
}  // namespace mlopsctl::k8s
