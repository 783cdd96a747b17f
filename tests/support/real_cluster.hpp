// The cluster of tests/e2e/cluster, for tests that need a real one; they skip where it is not up.
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <unistd.h>

#include "pipeline/k8s/api.hpp"
#include "pipeline/k8s/objects.hpp"
#include "pipeline/k8s/watch.hpp"
#include "tests/support/places.hpp"

namespace mlopsctl::testing {

// A clock that is wrong by so much; nothing may depend on it.
class WrongClock final : public Clock {
 public:
  explicit WrongClock(std::chrono::seconds wrong = {}) : wrong_(wrong) {}
  TimePoint now() const override { return right_.now() + wrong_; }
  std::chrono::steady_clock::time_point steady() const override { return right_.steady(); }
  bool pause(std::chrono::milliseconds time, const CancelToken& cancel) const override { return right_.pause(time, cancel); }

 private:
  SystemClock right_;
  std::chrono::seconds wrong_;
};

// The folder of the running cluster.
inline std::optional<std::string> real_cluster_folder() {
  const std::unique_ptr<FILE, int (*)(FILE*)> out(::popen(((source_root() / "tests/e2e/cluster/cluster.sh").string() + " where 2>/dev/null").c_str(), "r"),
                                                  ::pclose);
  char line[4096];
  if (out == nullptr || std::fgets(line, sizeof line, out.get()) == nullptr) return std::nullopt;
  std::string folder(line);
  while (folder.ends_with('\n')) folder.pop_back();
  return folder;
}

// Each test has a namespace of its own, as admin; as_dev() is somebody without any rights.
class RealCluster : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = real_cluster_folder();
    if (!folder_) GTEST_SKIP() << "no cluster is up (make cluster-up)";
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    name_space_ = "t-" + std::string(test->name()).substr(0, 50) + "-" + std::to_string(::getpid());
    for (char& c : name_space_) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : '-';
    admin_ = std::make_unique<k8s::Api>(connect("admin"));
    const auto made = k8s::create(*admin_, {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", name_space_}}}});
    ASSERT_TRUE(made.ok()) << made.error().message;
    ASSERT_FALSE(made->refusal) << made->refusal->message;
    // Its service account, without which no pod is let in, comes a moment later.
    k8s::WatchOptions accounts;
    accounts.name_space = name_space_;
    const auto there = k8s::follow(*admin_, k8s::resources::service_accounts, accounts,
                                   [](k8s::Change change, const Json&) -> Result<bool> { return change != k8s::Change::present; });
    ASSERT_TRUE(there.ok()) << there.error().message;
  }
  void TearDown() override {
    if (!admin_) return;
    const auto gone = k8s::remove(*admin_, k8s::ref(k8s::resources::namespaces, "", name_space_));
    EXPECT_TRUE(gone.ok()) << gone.error().message;
  }

  k8s::Api connect(const std::string& who, const Clock& clock, const CancelToken& cancel) {
    k8s::AccessOptions options;
    options.kubeconfig = *folder_ + "/" + who + ".kubeconfig";
    options.environment = [](const std::string&) { return std::nullopt; };
    const auto access = k8s::find_access(options);
    if (!access) throw std::runtime_error(access.error().message);
    auto api = k8s::Api::connect(*access, {}, clock, cancel);
    if (!api) throw std::runtime_error(api.error().message);
    return std::move(api).value();
  }
  k8s::Api connect(const std::string& who) { return connect(who, clock_, cancel_); }
  k8s::Api& cluster() { return *admin_; }

  // A Deployment of the test's web server (tests/e2e/cluster/images/web.c), as its environment variables have it; fit for Pod Security "restricted".
  Json deployment(const std::string& name, int replicas, const std::map<std::string, std::string>& variables = {}) const {
    Json env = Json::array();
    for (const auto& [key, value] : variables) env.push_back({{"name", key}, {"value", value}});
    const Json container{{"name", "web"},
                         {"image", "registry.test/web:v1"},
                         {"env", env},
                         {"resources", {{"requests", {{"cpu", "20m"}, {"memory", "16Mi"}}}}},
                         {"securityContext", {{"allowPrivilegeEscalation", false}, {"capabilities", {{"drop", Json::array({"ALL"})}}}}},
                         {"readinessProbe", {{"httpGet", {{"path", "/healthz"}, {"port", 8080}}}, {"periodSeconds", 1}, {"failureThreshold", 1}}}};
    const Json labels{{"app", name}};
    return {{"apiVersion", "apps/v1"},
            {"kind", "Deployment"},
            {"metadata", {{"name", name}, {"namespace", name_space_}}},
            {"spec",
             {{"replicas", replicas},
              {"selector", {{"matchLabels", labels}}},
              {"strategy", {{"rollingUpdate", {{"maxSurge", 1}, {"maxUnavailable", 0}}}}},
              {"template",
               {{"metadata", {{"labels", labels}}},
                {"spec",
                 {{"containers", Json::array({container})},
                  {"automountServiceAccountToken", false},
                  {"terminationGracePeriodSeconds", 1},
                  {"securityContext", {{"runAsNonRoot", true}, {"runAsUser", 1000}, {"seccompProfile", {{"type", "RuntimeDefault"}}}}}}}}}}}};
  }
  Json config_map(const std::string& name, const Json& data) const {
    return {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}, {"namespace", name_space_}}}, {"data", data}};
  }
  // The object after it was applied; fails the test where that is refused.
  Json applied(const Json& object, const k8s::ApplyOptions& options = {}) {
    const auto outcome = k8s::apply(cluster(), object, options);
    if (!outcome || outcome->refusal) ADD_FAILURE() << (outcome ? outcome->refusal->message : outcome.error().message);
    return outcome ? outcome->object : Json();
  }
  // As another field manager.
  std::optional<k8s::Refusal> apply_as(const std::string& manager, const k8s::ObjectRef& object, const Json& body, const std::string& subresource = {}) {
    k8s::Call call{"PATCH", object.path(), {{"fieldManager", manager}}, canonical(body), "application/apply-patch+yaml"};
    if (subresource.empty()) call.query.emplace_back("force", "true");
    else call.path += "/" + subresource, call.content_type = "application/merge-patch+json";
    const auto reply = cluster().send(call);
    if (!reply) ADD_FAILURE() << reply.error().message;
    return reply ? reply->refusal : std::nullopt;
  }

  std::optional<std::string> folder_;
  std::string name_space_;
  WrongClock clock_;
  CancelToken cancel_;
  std::unique_ptr<k8s::Api> admin_;
};

}  // namespace mlopsctl::testing
