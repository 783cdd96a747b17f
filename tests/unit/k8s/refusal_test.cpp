#include "pipeline/k8s/refusal.hpp"

#include <gmock/gmock.h>

#include "pipeline/k8s/rate_limit.hpp"
#include "tests/support/manual_clock.hpp"

namespace mlopsctl::k8s {
namespace {

// As the API server 1.36.2 says them.
const char* const owned =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Apply failed with 2 conflicts: ...","reason":"Conflict",
  "details":{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \"hpa\" with subresource \"scale\" using apps/v1","field":".spec.replicas"},
  {"reason":"FieldManagerConflict","message":"conflict with \"kubectl-client-side-apply\" using apps/v1","field":".spec.template.spec.containers[name=\"c\"].image"}]},"code":409})";
const char* const stale =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Operation cannot be fulfilled on leases.coordination.k8s.io \"l\": the object has been modified; please apply your changes to the latest version and try again","reason":"Conflict","details":{"name":"l","group":"coordination.k8s.io","kind":"leases"},"code":409})";

TEST(Refusal, TellsWhoOwnsAFieldFromAStaleVersion) {
  const Refusal by_owner = read_refusal(409, owned), by_version = read_refusal(409, stale);
  EXPECT_TRUE(by_owner.owned());
  EXPECT_FALSE(by_owner.stale());
  EXPECT_FALSE(by_version.owned());
  EXPECT_TRUE(by_version.stale());
  const Error error = to_error(by_owner, "apply Deployment shop/web");
  EXPECT_EQ(error.kind, ErrorKind::cluster);
  EXPECT_EQ(error.message,
            "apply Deployment shop/web: .spec.replicas belongs to hpa (subresource scale), "
            ".spec.template.spec.containers[name=\"c\"].image belongs to kubectl-client-side-apply (apps/v1)");
  EXPECT_EQ(error.hint, "leave the field out of the manifest, or take it over: --force-conflicts");
  EXPECT_EQ(to_error(by_version, "update Lease shop/l").hint, "somebody changed it in between: run the command again");
}

TEST(Refusal, OfSomethingInBetweenIsItsFirstLine) {
  const Refusal refusal = read_refusal(502, "<html>\x01 Bad Gateway\r\n<hr>nginx");
  EXPECT_EQ(to_error(refusal, "get Pod shop/web").message, "get Pod shop/web: HTTP 502: <html>  Bad Gateway");
  EXPECT_EQ(to_error(read_refusal(503, ""), "get Pod shop/web").message, "get Pod shop/web: HTTP 503");
  EXPECT_EQ(read_refusal(500, R"({"kind":"Status","reason":7,"details":[],"message":null})").message, "");
}

TEST(Refusal, KnowsWhenToComeBack) {
  const Refusal refusal =
      read_refusal(504, R"({"kind":"Status","reason":"Timeout","message":"Too large resource version","details":{"retryAfterSeconds":1},"code":504})");
  EXPECT_EQ(refusal.retry_after, 1);
  EXPECT_EQ(to_error(refusal, "list Pods").kind, ErrorKind::timeout);
}

TEST(RateLimit, LetsABurstThroughAndThenSoManyASecond) {
  testing::ManualClock clock;
  const CancelToken cancel;
  RateLimit limit(10, 3, clock);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(limit.wait(cancel).ok());
  EXPECT_TRUE(clock.pauses.empty());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(limit.wait(cancel).ok());
  EXPECT_THAT(clock.pauses, ::testing::ElementsAre(std::chrono::milliseconds(100), std::chrono::milliseconds(100)));
  clock.advance(std::chrono::seconds(60));  // no more than the burst is saved up
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(limit.wait(cancel).ok());
  EXPECT_EQ(clock.pauses.size(), 2U);
  ASSERT_TRUE(limit.wait(cancel).ok());
  EXPECT_EQ(clock.pauses.size(), 3U);
}

}  // namespace
}  // namespace mlopsctl::k8s
