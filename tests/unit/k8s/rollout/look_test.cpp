#include "pipeline/k8s/rollout/look.hpp"

#include <gmock/gmock.h>

#include "pipeline/k8s/api.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/unit/k8s/rollout/releases.hpp"

namespace mlopsctl::k8s {
namespace {

// One pod that does not answer must not hold up all the others, nor the Lease.
TEST(Looker, WaitsTwoSecondsForAPodThatHangs) {
  const Rollout rollout = *planned({Strategy::Kind::rolling, {}}, 1);
  const auto object = [](const std::string& name, const std::string& owner) {
    return Json{{"metadata", {{"name", name}, {"namespace", "shop"}, {"uid", name}, {"ownerReferences", Json::array({{{"uid", owner}}})}}}};
  };
  Json deployment = rollout.before, set = object("set", "deployment"), pod = object("pod", "set");
  deployment["metadata"]["uid"] = "deployment";
  for (Json* each : {&deployment, &set}) (*each)["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "1";
  pod["status"]["conditions"] = Json::array({{{"type", "Ready"}, {"status", "True"}}});
  int asked = 0;
  testing::HttpServer server([&](const testing::HttpRequest& request) -> testing::HttpReply {
    if (request.target.find("/proxy/metrics") != std::string::npos) return ++asked, testing::HttpReply{200, {}, "mlopsctl_requests_total 5\n", {}, 3};
    if (request.target.find("/replicasets") != std::string::npos) return {200, {}, canonical({{"items", Json::array({set})}})};
    if (request.target.find("/pods") != std::string::npos) return {200, {}, canonical({{"items", Json::array({pod})}})};
    return {200, {}, canonical(deployment)};
  });
  testing::ManualClock clock;
  clock.advance(std::chrono::seconds(1));
  CancelToken cancel;
  Access access;
  access.server = server.url();
  auto api = Api::connect(access, {}, clock, cancel);
  ASSERT_TRUE(api.ok());
  Looker looker(*api, rollout);
  const auto start = std::chrono::steady_clock::now();
  const auto sight = looker.look(rollout, true, [] { return Status(); });
  ASSERT_TRUE(sight.ok()) << sight.error().message;
  EXPECT_THAT(sight->situation.evidence.unread, ::testing::StartsWith("Pod shop/pod: "));
  EXPECT_EQ(asked, 1);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace mlopsctl::k8s
