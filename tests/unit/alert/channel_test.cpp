#include "pipeline/alert/channel.hpp"

#include <gmock/gmock.h>

#include "tests/unit/alert/alerts.hpp"

namespace mlopsctl::alert {
namespace {

using std::chrono::milliseconds;
using testing::HttpReply, testing::HttpRequest, testing::HttpServer;

TEST(Channel, SlackGetsItsMessageAtTheSecretUrl) {
  HttpServer server([](const HttpRequest&) { return HttpReply{200, {}, "ok"}; });
  Surroundings around;
  around.variables["HOOK"] = server.url() + "/services/PLANTED";
  EXPECT_EQ(fault(send(a_channel("slack", {{"url", "env:HOOK"}}), {message()}, around.world)), "");
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(server.requests()[0].target, "/services/PLANTED");
  EXPECT_EQ(Json::parse(server.requests()[0].body), slack_message({message()}));
}

TEST(Channel, AnErrorNamesTheServerAndNoSecret) {
  HttpServer server([](const HttpRequest&) { return HttpReply{404, {}, "no_service"}; });
  Surroundings around;
  around.variables["HOOK"] = server.url() + "/services/PLANTED";
  EXPECT_EQ(fault(send(a_channel("slack", {{"url", "env:HOOK"}}), {message()}, around.world)), "POST " + server.url() + "/***: HTTP 404 Not Found");
  around.variables["HOOK"] = "PLANTED";
  EXPECT_EQ(fault(send(a_channel("slack", {{"url", "env:HOOK"}}), {message()}, around.world)),
            "what env:HOOK holds is no URL; expected https://hooks.slack.com/services/...");
  around.variables.clear();
  EXPECT_EQ(fault(send(a_channel("slack", {{"url", "env:HOOK"}}), {message()}, around.world)),
            "the environment variable HOOK is not set; a secret is expected in it");
}

TEST(Channel, AWebhookWaitsAsLongAsItsServerAsks) {
  HttpServer server([n = 0](const HttpRequest&) mutable {
    ++n;
    return n == 1 ? HttpReply{429, {{"Retry-After", "7"}}, ""} : n == 2 ? HttpReply{500, {}, ""} : HttpReply{204, {}, ""};
  });
  Surroundings around;
  around.variables["TOKEN"] = "PLANTED";
  const Channel channel = a_channel("webhook", {{"url", server.url() + "/hook"}, {"token", "env:TOKEN"}});
  EXPECT_EQ(fault(send(channel, {message()}, around.world)), "");
  ASSERT_EQ(server.requests().size(), 3U);
  for (const auto& request : server.requests()) {
    EXPECT_EQ(request.header("content-type"), "application/cloudevents+json; charset=UTF-8");
    EXPECT_EQ(request.header("authorization"), "Bearer PLANTED");
    EXPECT_EQ(Json::parse(request.body), cloud_event(message()));  // the same id each time
  }
  ASSERT_EQ(around.clock.pauses.size(), 2U);
  EXPECT_EQ(around.clock.pauses[0], milliseconds(7000));
}

TEST(Channel, SeveralEventsAreOneBatch) {
  HttpServer server([](const HttpRequest&) { return HttpReply{200, {}, ""}; });
  Surroundings around;
  EXPECT_EQ(fault(send(a_channel("webhook", {{"url", server.url() + "/"}}), {message(), message(Message::Kind::resolved)}, around.world)), "");
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(server.requests()[0].header("content-type"), "application/cloudevents-batch+json; charset=UTF-8");
  EXPECT_EQ(Json::parse(server.requests()[0].body).size(), 2U);
}

TEST(Channel, GivesUpOnAServerThatFailsOrStalls) {
  HttpServer failing([](const HttpRequest&) { return HttpReply{500, {}, "broken"}; });
  Surroundings around;
  EXPECT_EQ(fault(send(a_channel("webhook", {{"url", failing.url() + "/"}, {"tries", 3}}), {message()}, around.world)),
            "POST " + failing.url() + "/: HTTP 500 Internal Server Error");
  EXPECT_EQ(failing.requests().size(), 3U);
  HttpReply held{200, {}, "never whole"};
  held.hold_at = 1;
  HttpServer stalling([&](const HttpRequest&) { return held; });
  const Status stalled = send(a_channel("webhook", {{"url", stalling.url() + "/"}, {"tries", 2}, {"timeout", 0.2}}), {message()}, around.world);
  EXPECT_EQ(fault(stalled), "POST " + stalling.url() + "/: Timeout was reached; tried 2 times");
}

// The REST API as far as we use it (docs.github.com/rest/issues), on this machine.
struct FakeGitHub {
  std::vector<Json> issues;
  std::vector<std::string> log;

  HttpReply operator()(const HttpRequest& request) {
    log.push_back(request.method + " " + request.target);
    if (request.header("authorization") != "Bearer PLANTED") return {401, {}, "{}"};
    const std::string base = "/repos/owner/name/issues";
    if (request.method == "GET") {
      Json open = Json::array();
      for (const Json& issue : issues)
        if (issue["state"] == "open") open.push_back(issue);
      return {200, {}, open.dump()};
    }
    Json body = Json::parse(request.body);
    if (request.method == "POST" && request.target == base) {
      body["number"] = issues.size() + 1;
      body["state"] = "open";
      issues.push_back(body);
      return {201, {}, body.dump()};
    }
    if (request.method == "PATCH") issues.at(std::stoul(request.target.substr(base.size() + 1)) - 1)["state"] = body["state"];
    return {request.method == "PATCH" ? 200 : 201, {}, "{}"};
  }
};

TEST(Channel, AnIssueIsOpenedCommentedAndClosed) {
  FakeGitHub hub;
  HttpServer server([&](const HttpRequest& request) { return hub(request); });
  Surroundings around;
  around.variables["TOKEN"] = "PLANTED";
  const Channel channel = a_channel("github-issue", {{"repository", "owner/name"}, {"token", "env:TOKEN"}, {"api", server.url()}});
  EXPECT_EQ(fault(send(channel, {message()}, around.world)), "");
  EXPECT_EQ(fault(send(channel, {message()}, around.world)), "");
  EXPECT_EQ(fault(send(channel, {message(Message::Kind::resolved)}, around.world)), "");
  EXPECT_EQ(fault(send(channel, {message(Message::Kind::resolved)}, around.world)), "");  // there is none to close any more
  const std::string base = "/repos/owner/name/issues", list = "GET " + base + "?state=open&per_page=100&labels=mlopsctl";
  EXPECT_EQ(hub.log, (std::vector<std::string>{list, "POST " + base, list, "POST " + base + "/1/comments", list, "POST " + base + "/1/comments",
                                               "PATCH " + base + "/1", list}));
  ASSERT_EQ(hub.issues.size(), 1U);
  EXPECT_EQ(hub.issues[0]["title"], "airline: the gate judge says fail");
  EXPECT_EQ(hub.issues[0]["labels"], Json({"mlopsctl"}));
  EXPECT_EQ(hub.issues[0]["state"], "closed");

  around.variables["TOKEN"] = "another";
  const Status refused = send(channel, {message()}, around.world);
  EXPECT_EQ(fault(refused), "GET " + server.url() + base + ": HTTP 401 Unauthorized");
  EXPECT_EQ(refused.error().hint, "the token must be allowed to write issues of that repository");
}

TEST(Channel, ASecretIsNotSentUnprotected) {
  Surroundings around;
  around.variables = {{"HOOK", "http://hooks.example.com/PLANTED"}, {"TOKEN", "PLANTED"}};
  EXPECT_EQ(fault(send(a_channel("slack", {{"url", "env:HOOK"}}), {message()}, around.world)), "a secret would go to http://hooks.example.com unprotected");
  EXPECT_EQ(fault(send(a_channel("webhook", {{"url", "env:HOOK"}}), {message()}, around.world)), "a secret would go to http://hooks.example.com unprotected");
  EXPECT_EQ(fault(send(a_channel("webhook", {{"url", "http://example.com/"}, {"token", "env:TOKEN"}}), {message()}, around.world)),
            "a secret would go to http://example.com unprotected");
  EXPECT_EQ(
      fault(send(a_channel("github-issue", {{"repository", "a/b"}, {"token", "env:TOKEN"}, {"api", "http://github.example.com"}}), {message()}, around.world)),
      "a secret would go to http://github.example.com unprotected");
}

TEST(Channel, AMailServerMustBeOneAndProtected) {
  Surroundings around;
  around.variables["PASSWORD"] = "PLANTED";
  const auto said = [&](Json fields) {
    fields.update({{"from", "a@example.com"}, {"recipients", {"b@example.com"}}});
    return fault(send(a_channel("email", fields), {message()}, around.world));
  };
  EXPECT_EQ(said({{"server", "mail.example.com"}}), "\"mail.example.com\" is no mail server; expected smtp://host:port or smtps://host:port");
  EXPECT_EQ(said({{"server", "smtp://mail.example.com"}, {"tls", false}, {"user", "u"}, {"password", "env:PASSWORD"}}),
            "the password would go to smtp://mail.example.com unprotected");
  EXPECT_EQ(said({{"server", "smtp://mail.example.com"}, {"user", "u"}}), "the channel team has a user and no password");
}

}  // namespace
}  // namespace mlopsctl::alert
