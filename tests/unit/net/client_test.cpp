#include "pipeline/net/client.hpp"

#include <gmock/gmock.h>

#include "tests/support/http_server.hpp"
#include "tests/support/manual_clock.hpp"

namespace mlopsctl::net {
namespace {

using std::chrono::milliseconds;
using testing::HttpReply, testing::HttpRequest, testing::HttpServer;

struct ClientWorld {
  testing::ManualClock clock;
  CancelToken cancel;
  ClientOptions options;
  Client client() { return Client(options, clock, cancel); }
};

// Answers with each of these in turn, then with the last again.
HttpServer::Handler in_turn(std::vector<HttpReply> replies) {
  return [replies = std::move(replies), next = size_t{0}](const HttpRequest&) mutable { return replies[std::min(next++, replies.size() - 1)]; };
}

TEST(Client, SendsAndReceives) {
  HttpServer server([](const HttpRequest& request) {
    return HttpReply{201, {{"X-Answer", " yes "}}, request.method + " " + request.target + " " + request.header("x-mine") + " " + request.body};
  });
  ClientWorld world;
  Client client = world.client();
  const auto answer = client.send({"POST", server.url() + "/a?b=c", {{"X-Mine", "1"}}, "body"});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->head.status, 201);
  EXPECT_EQ(answer->find("x-answer"), "yes");
  EXPECT_EQ(answer->body, "POST /a?b=c 1 body");
  const auto head = client.send({"HEAD", server.url() + "/a", {}, ""});
  ASSERT_TRUE(head.ok()) << head.error().message;
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(server.requests()[0].header("user-agent"), "mlopsctl");
}

TEST(Client, WaitsAsLongAsTheServerAsks) {
  HttpServer server(in_turn({{429, {{"Retry-After", "7"}}, "slow down"}, {503, {{"Retry-After", "99999"}}, ""}, {200, {}, "done"}}));
  ClientWorld world;
  const auto answer = world.client().send({"GET", server.url() + "/", {}, ""});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "done");
  EXPECT_THAT(world.clock.pauses, ::testing::ElementsAre(milliseconds(7000), milliseconds(120000)));
}

TEST(Client, SendsManyAtOnceEachWithItsOwnAnswer) {
  // The first three of what is asked for twenty times are turned away; one leads elsewhere, one is no address.
  int refused = 0;
  HttpServer server([&](const HttpRequest& request) {
    if (request.target == "/moved") return HttpReply{302, {{"Location", "/7"}}, "", {}, {}};
    if (refused < 3) return ++refused, HttpReply{503, {{"Retry-After", std::to_string(refused)}}, "later", {}, {}};
    return HttpReply{200, {}, "this is " + request.target, {}, {}};
  });
  ClientWorld world;
  std::vector<Request> requests;
  for (int i = 0; i < 20; ++i) requests.push_back({"GET", server.url() + "/" + std::to_string(i), {}, ""});
  requests.push_back({"GET", server.url() + "/moved", {}, ""});
  requests.push_back({"GET", "nowhere", {}, ""});
  Client client = world.client();
  const auto answers = client.send_all(requests);
  ASSERT_EQ(answers.size(), 22U);
  for (size_t i = 0; i < 20; ++i) {
    ASSERT_TRUE(answers[i].ok()) << answers[i].error().message;
    EXPECT_EQ(answers[i]->body, "this is /" + std::to_string(i));
  }
  EXPECT_EQ(answers[20]->body, "this is /7");
  EXPECT_FALSE(answers[21].ok());
  EXPECT_THAT(world.clock.pauses, ::testing::ElementsAre(milliseconds(3000)));  // as long as the slowest asks, and once
}

TEST(Client, ManyAtOnceToNobodyTakeNoLongerThanOne) {
  HttpServer server(in_turn({{503, {}, "never"}}));
  ClientWorld world;
  std::vector<Request> requests(10, {"GET", server.url() + "/", {}, ""});
  requests.push_back({"POST", "http://127.0.0.1:1/", {}, "body"});
  Client client = world.client();
  const auto answers = client.send_all(requests);
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(answers[i]->head.status, 503);
  EXPECT_THAT(answers[10].error().message, ::testing::EndsWith("; tried 5 times"));
  EXPECT_EQ(world.clock.pauses.size(), 4U);
}

TEST(Client, WaitsLongerEachTimeButNotAllAlike) {
  HttpServer server(in_turn({{500, {}, "broken"}}));
  ClientWorld world;
  const auto answer = world.client().send({"GET", server.url() + "/", {}, ""});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->head.status, 500);
  EXPECT_EQ(answer->body, "broken");
  ASSERT_EQ(world.clock.pauses.size(), 4U);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_GE(world.clock.pauses[i], milliseconds(250 << i));
    EXPECT_LE(world.clock.pauses[i], milliseconds(500 << i));
  }
}

TEST(Client, TriesAgainWhenTheConnectionBreaks) {
  HttpServer server(in_turn({{200, {}, "never whole", 5}, {200, {}, "whole"}}));
  ClientWorld world;
  const auto answer = world.client().send({"GET", server.url() + "/", {}, ""});
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "whole");
}

TEST(Client, DoesNotSendTwiceWhatMayHaveArrived) {
  HttpServer server(in_turn({{500, {}, ""}, {503, {}, ""}, {200, {}, "late"}}));
  ClientWorld world;
  EXPECT_EQ(world.client().send({"POST", server.url() + "/", {}, "x"})->head.status, 500);
  EXPECT_EQ(world.client().send({"POST", server.url() + "/", {}, "x"})->body, "late");  // 503: turned away, so again
  HttpServer cutting(in_turn({{200, {}, "never whole", 5}}));
  EXPECT_EQ(world.client().send({"POST", cutting.url() + "/", {}, "x"}).error().message, "POST " + cutting.url() + "/: Transferred a partial file");
  EXPECT_EQ(cutting.requests().size(), 1U);
}

TEST(Client, SaysHowOftenItTried) {
  ClientWorld world;
  const auto answer = world.client().send({"GET", "http://127.0.0.1:1/x?secret", {}, ""});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().message, "GET http://127.0.0.1:1/x: Couldn't connect to server; tried 5 times");
  EXPECT_EQ(answer.error().hint, "look at the address, and at HTTPS_PROXY and NO_PROXY if there is a proxy");
}

TEST(Client, GivesUpOnAServerThatStandsStill) {
  HttpServer server(in_turn({{200, {}, "some of it", std::nullopt, 4}}));
  ClientWorld world;
  world.options.whole = milliseconds(200);
  world.options.tries = 2;
  const auto answer = world.client().send({"GET", server.url() + "/", {}, ""});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::timeout);
  EXPECT_EQ(answer.error().message, "GET " + server.url() + "/: Timeout was reached; tried 2 times");
}

TEST(Client, KeepsSecretsFromOtherServersAndMessages) {
  HttpServer other(in_turn({{200, {}, "there"}}));
  HttpServer server([&](const HttpRequest& request) {
    if (request.target == "/near") return HttpReply{302, {{"Location", "/far"}}};
    if (request.target == "/far") return HttpReply{307, {{"Location", other.url() + "/token123?signature=x"}}};
    return HttpReply{404};
  });
  ClientWorld world;
  world.options.secrets = {"token123"};
  Client client = world.client();
  const Request request{"GET", server.url() + "/near", {{"Authorization", "Bearer token123"}, {"X-Plain", "1"}}, ""};
  const auto answer = client.send(request);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "there");
  EXPECT_EQ(answer->redirects.size(), 2U);
  EXPECT_EQ(server.requests()[1].header("authorization"), "Bearer token123");
  EXPECT_EQ(other.requests()[0].header("authorization"), "");
  EXPECT_EQ(other.requests()[0].header("x-plain"), "1");
  EXPECT_EQ(client.refusal({"GET", server.url() + "/token123", {}, ""}, *answer).message, "GET " + server.url() + "/***: HTTP 200");
}

TEST(Client, RefusesRedirectsToNowhere) {
  HttpServer circle(in_turn({{302, {{"Location", "/again"}}}}));
  ClientWorld world;
  EXPECT_EQ(world.client().send({"GET", circle.url() + "/", {}, ""}).error().message, "GET " + circle.url() + "/: more than 10 redirects");
  HttpServer file(in_turn({{302, {{"Location", "file:///etc/passwd"}}}}));
  EXPECT_EQ(world.client().send({"GET", file.url() + "/", {}, ""}).error().message, "\"file:///etc/passwd\" is no URL to use: expected http:// or https://");
}

TEST(Client, RefusesHeadersWithLineBreaks) {
  ClientWorld world;
  EXPECT_EQ(world.client().send({"GET", "http://127.0.0.1:1/", {{"Authorization", "a\r\nX: b"}}, ""}).error().message,
            "the header Authorization has a line break or a control character in it");
}

TEST(Client, StopsWhenCancelled) {
  ClientWorld world;
  HttpServer server([&](const HttpRequest&) { return world.cancel.cancel(), HttpReply{503}; });
  const auto answer = world.client().send({"GET", server.url() + "/", {}, ""});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::interrupted);
  EXPECT_EQ(server.requests().size(), 1U);
}

}  // namespace
}  // namespace mlopsctl::net
