#include "pipeline/k8s/api.hpp"

#include <gmock/gmock.h>

#include "pipeline/k8s/objects.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/manual_clock.hpp"

namespace mlopsctl::k8s {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre, ::testing::HasSubstr, ::testing::SizeIs;
using testing::HttpReply, testing::HttpRequest, testing::HttpServer;

struct ApiWorld {
  testing::ManualClock clock;
  CancelToken cancel;
  ApiOptions options;
  Result<Api> connect(const HttpServer& server) {
    Access access;
    access.server = server.url();
    return Api::connect(access, options, clock, cancel);
  }
};

HttpServer::Handler in_turn(std::vector<HttpReply> replies) {
  return [replies = std::move(replies), next = size_t{0}](const HttpRequest&) mutable { return replies[std::min(next++, replies.size() - 1)]; };
}

const char* const status_500 = R"({"kind":"Status","code":500,"message":"failed to create typed patch object: .spec.replica: field not declared in schema"})";
const char* const config_map = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"shop"}})";

TEST(Api, WhatTheServerSaysOfItselfIsFinalAndWhatStandsBetweenIsTriedAgain) {
  HttpServer own(in_turn({{500, {}, status_500}}));
  ApiWorld world;
  auto api = world.connect(own);
  ASSERT_TRUE(api.ok());
  const auto refused = apply(*api, Json::parse(config_map), {});
  ASSERT_TRUE(refused.ok()) << refused.error().message;
  EXPECT_EQ(refused->refusal->status, 500);
  EXPECT_THAT(refused->refusal->message, HasSubstr("field not declared in schema"));
  EXPECT_THAT(own.requests(), SizeIs(1));

  HttpServer between(
      in_turn({{500, {}, "oops"}, {502, {}, "bad gateway"}, {504, {}, ""}, {429, {{"Retry-After", "3"}}, ""}, {503, {}, ""}, {201, {}, config_map}}));
  auto through = world.connect(between);
  ASSERT_TRUE(through.ok());
  const auto applied = apply(*through, Json::parse(config_map), {});
  ASSERT_TRUE(applied.ok()) << applied.error().message;
  EXPECT_TRUE(applied->created);
  EXPECT_THAT(between.requests(), SizeIs(6));
  ASSERT_THAT(world.clock.pauses, SizeIs(5));
  EXPECT_EQ(world.clock.pauses[3], milliseconds(3000));
}

TEST(Api, AReplacementIsSentAgainForItNamesTheVersionThatItReplaces) {
  HttpServer server(in_turn({{500, {}, "oops"}, {200, {}, config_map}}));
  ApiWorld world;
  auto api = world.connect(server);
  const auto replaced = replace(*api, Json::parse(config_map));
  ASSERT_TRUE(replaced.ok()) << replaced.error().message;
  EXPECT_FALSE(replaced->refusal);
  EXPECT_THAT(server.requests(), SizeIs(2));
}

TEST(Api, ACreationIsNotSentTwiceWhenItMayHaveArrived) {
  HttpServer server(in_turn({{201, {}, config_map, 10}, {201, {}, config_map}}));
  ApiWorld world;
  auto api = world.connect(server);
  ASSERT_TRUE(api.ok());
  const auto created = create(*api, Json::parse(config_map));
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.error().kind, ErrorKind::cluster);
  EXPECT_THAT(server.requests(), SizeIs(1));
  // An apply may: it says the same however often.
  HttpServer cut(in_turn({{201, {}, config_map, 10}, {200, {}, config_map}}));
  auto again = world.connect(cut);
  const auto applied = apply(*again, Json::parse(config_map), {});
  ASSERT_TRUE(applied.ok()) << applied.error().message;
  EXPECT_THAT(cut.requests(), SizeIs(2));
}

TEST(Api, AnEvictionUnderABudgetIsAnAnswer) {
  const std::string budget =
      R"({"kind":"Status","code":429,"reason":"TooManyRequests","details":{"causes":[{"reason":"DisruptionBudget","message":"needs 2"}]}})";
  HttpServer server(in_turn({{429, {}, budget}}));
  ApiWorld world;
  auto api = world.connect(server);
  const auto reply = api->send({"POST", "/api/v1/namespaces/shop/pods/a/eviction", {}, "{}", "application/json"});
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->refusal->causes[0].type, "DisruptionBudget");
  EXPECT_THAT(server.requests(), SizeIs(1));
}

TEST(Api, SaysWhatItSends) {
  HttpServer server(in_turn({{200, {{"Warning", "299 - \"unknown field \\\"spec.x\\\"\""}}, config_map}}));
  ApiWorld world;
  auto api = world.connect(server);
  const auto applied = apply(*api, Json::parse(config_map), {.dry_run = true, .force = true});
  ASSERT_TRUE(applied.ok()) << applied.error().message;
  EXPECT_THAT(applied->warnings, ElementsAre("unknown field \"spec.x\""));
  const auto request = server.requests()[0];
  EXPECT_EQ(request.method + " " + request.target,
            "PATCH /api/v1/namespaces/shop/configmaps/a?fieldManager=mlopsctl&fieldValidation=Strict&force=true&dryRun=All");
  EXPECT_EQ(request.header("content-type"), "application/apply-patch+yaml");
  EXPECT_EQ(request.header("accept-encoding"), "gzip");
  EXPECT_EQ(request.header("authorization"), "");
}

TEST(Api, StaysUnderItsRate) {
  HttpServer server(in_turn({{200, {}, config_map}}));
  ApiWorld world;
  world.options.per_second = 10, world.options.burst = 2;
  auto api = world.connect(server);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(api->send({"GET", "/x"}).ok());
  EXPECT_THAT(world.clock.pauses, ElementsAre(milliseconds(100), milliseconds(100)));
}

TEST(Api, NobodyThereIsAClusterErrorAndSilenceATimeout) {
  ApiWorld world;
  world.options.tries = 2;
  Access access;
  access.server = "http://127.0.0.1:1";
  auto api = Api::connect(access, world.options, world.clock, world.cancel);
  const auto none = api->send({"GET", "/x"});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().kind, ErrorKind::cluster);
  EXPECT_THAT(none.error().message, HasSubstr("GET http://127.0.0.1:1/x: "));

  HttpServer silent(in_turn({{200, {}, "{\"type\"", {}, 3}}));
  auto slow = world.connect(silent);
  const auto ended = slow->stream({"GET", "/x"}, milliseconds(1000), [](std::string_view) { return Status(); });
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().kind, ErrorKind::timeout);
}

}  // namespace
}  // namespace mlopsctl::k8s
