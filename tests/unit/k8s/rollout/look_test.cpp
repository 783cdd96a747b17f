#include "pipeline/k8s/rollout/look.hpp"

#include <gmock/gmock.h>

#include "pipeline/k8s/api.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/k8s/rollout/releases.hpp"

namespace mlopsctl::k8s {
namespace {

// A Deployment with one ready pod, whose metrics are long in coming.
class LookerTest : public ::testing::Test {
 protected:
  LookerTest()
      : deployment_(rollout_.before),
        server_([this](const testing::HttpRequest& request) { return answer(request.target); }),
        prometheus_([this](const testing::HttpRequest&) {
          return testing::HttpReply{200, {}, recorded_};
        }) {
    deployment_["metadata"]["uid"] = "deployment";
    for (Json* each : {&deployment_, &set_}) (*each)["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "1";
    pod_["status"]["conditions"] = Json::array({{{"type", "Ready"}, {"status", "True"}}});
    clock_.advance(std::chrono::seconds(1));
    access_.server = server_.url();
    api_.emplace(*Api::connect(access_, {}, clock_, cancel_));
  }
  static Json object(const std::string& name, const std::string& owner) {
    return {{"metadata", {{"name", name}, {"namespace", "shop"}, {"uid", name}, {"ownerReferences", Json::array({{{"uid", owner}}})}}}};
  }
  testing::HttpReply answer(const std::string& target) {
    if (target.find("/proxy/metrics") != std::string::npos) return ++asked_, testing::HttpReply{200, {}, "mlopsctl_requests_total 5\n", {}, 3};
    if (target.find("/replicasets") != std::string::npos) return {200, {}, canonical({{"items", Json::array({set_})}})};
    if (target.find("/pods") != std::string::npos) return {200, {}, canonical({{"items", Json::array({pod_})}})};
    return {200, {}, canonical(deployment_)};
  }
  Evidence look(Looker& looker) {
    clock_.advance(std::chrono::seconds(1));
    const auto sight = looker.look(rollout_, true, [] { return Status(); });
    if (!sight) ADD_FAILURE() << sight.error().message;
    return sight ? sight->situation.evidence : Evidence();
  }

  Rollout rollout_ = *planned({Strategy::Kind::rolling, {}}, 1);
  Json deployment_, set_ = object("set", "deployment"), pod_ = object("pod", "set");
  std::string recorded_;
  int asked_ = 0;
  testing::HttpServer server_, prometheus_;
  testing::ManualClock clock_;
  CancelToken cancel_;
  Access access_;
  std::optional<Api> api_;
};

// One pod that does not answer must not hold up all the others, nor the Lease.
TEST_F(LookerTest, WaitsTwoSecondsForAPodThatHangs) {
  Looker looker(*api_, rollout_);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(look(looker).unread, ::testing::StartsWith("Pod shop/pod: "));
  EXPECT_EQ(asked_, 1);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST_F(LookerTest, AsksPrometheusInsteadOfThePodsWhereItIsTold) {
  rollout_.gates.prometheus = Prometheus{prometheus_.url(), "", "pod", ""};
  Looker looker(*api_, rollout_);
  recorded_ = R"({"status":"success","data":{"resultType":"vector","result":[]}})";
  EXPECT_EQ(look(looker).missing, "Prometheus knows nothing of the pod pod yet");
  recorded_ = R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"mlopsctl_requests_total","pod":"pod"},"value":[1,"7"]}]}})";
  const Evidence now = look(looker);
  EXPECT_EQ(now.candidate.requests, 7);
  EXPECT_EQ(now.missing + now.unread, "");
  recorded_ = "<html>";
  EXPECT_THAT(look(looker).missing, ::testing::EndsWith(": the query gives no instant vector"));
  EXPECT_EQ(look(looker).candidate.requests, 7);
  EXPECT_EQ(asked_, 0);
}

}  // namespace
}  // namespace mlopsctl::k8s
