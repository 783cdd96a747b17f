#include "stages/serve/web/forward.hpp"

#include <gmock/gmock.h>

#include <future>

#include "stages/serve/web/assets.hpp"
#include "tests/support/http_server.hpp"
#include "tests/unit/web/responses.hpp"

namespace mlopsctl::serve::web {
namespace {

using mlopsctl::testing::HttpReply;
using mlopsctl::testing::HttpRequest;
using mlopsctl::testing::HttpServer;

Response ask(const std::vector<Route>& routes, Request request) {
  for (const Route& route : routes)
    if (route.method == request.method && route.path == request.path) {
      std::promise<Response> answered;
      route.run(request, {}, [&](Response response) { answered.set_value(std::move(response)); });
      return answered.get_future().get();
    }
  return {404, "", {}, ""};
}

Request call(std::string method, std::string path, std::string body = "") {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.body = std::move(body);
  request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  return request;
}

TEST(ForwardedPages, PassCallsOnAndAnswersBack) {
  HttpServer api([](const HttpRequest& request) -> HttpReply {
    if (request.method == "POST") return {200, {{"Content-Type", "application/json"}, {"X-Model-Digest", "sha256:ab"}, {"Set-Cookie", "a=b"}}, request.body};
    return {401, {{"Content-Type", "application/problem+json"}, {"WWW-Authenticate", "Bearer"}}, R"({"title":"Unauthorized"})"};
  });
  const auto routes = forwarded_pages(api.url() + "/").value();
  EXPECT_EQ(ask(routes, call("GET", "/ui")).status, 200);
  EXPECT_EQ(ask(routes, call("GET", "/")).status, 302);
  EXPECT_EQ(api.requests().size(), 0u);  // pages are its own

  Request score = call("POST", "/", R"({"inputs":["a"]})");
  score.headers = {{"content-type", "application/json"}, {"authorization", "Bearer k"}, {"cookie", "c=d"}};
  const Response scored = ask(routes, score);
  EXPECT_EQ(scored.status, 200);
  EXPECT_EQ(scored.content_type, "application/json");
  EXPECT_EQ(scored.body, score.body);
  EXPECT_EQ(header(scored, "x-model-digest"), "sha256:ab");
  EXPECT_EQ(header(scored, "set-cookie"), "");
  EXPECT_EQ(api.requests()[0].header("authorization"), "Bearer k");
  EXPECT_EQ(api.requests()[0].header("cookie"), "");

  Request tweets = call("GET", "/tweets");
  tweets.query = "limit=5&after=7";
  const Response refused = ask(routes, tweets);
  EXPECT_EQ(api.requests()[1].target, "/tweets?limit=5&after=7");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(header(refused, "www-authenticate"), "Bearer");
  EXPECT_EQ(refused.content_type, "application/problem+json");

  EXPECT_EQ(ask(routes, call("POST", "/admin/swap")).status, 404);  // nothing but what the pages use
}

TEST(ForwardedPages, SayWhenTheApiIsAway) {
  std::string gone;
  {
    HttpServer api([](const HttpRequest&) -> HttpReply { return {}; });
    gone = api.url();
  }
  const auto routes = forwarded_pages(gone).value();
  const Response response = ask(routes, call("GET", "/ui/model.json"));
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(parse_json(response.body, "answer").value()["title"], "Bad Gateway");
  EXPECT_EQ(parse_json(response.body, "answer").value()["detail"], "the API behind these pages does not answer");
}

TEST(ForwardedPages, TurnAwayWhatTheyCannotHold) {
  HttpServer api([](const HttpRequest&) -> HttpReply { return {200, {}, "x", {}, 0}; });  // never answers
  std::vector<int> statuses;
  std::mutex mutex;
  {
    const auto routes = forwarded_pages(api.url()).value();
    const auto route = std::find_if(routes.begin(), routes.end(), [](const Route& each) { return each.path == "/tweets"; });
    ASSERT_NE(route, routes.end());
    const Request request = call("GET", "/tweets");
    for (int i = 0; i < 80; ++i)
      route->run(request, {}, [&](Response response) {
        const std::lock_guard lock(mutex);
        statuses.push_back(response.status);
      });
    const std::lock_guard lock(mutex);
    EXPECT_GE(std::count(statuses.begin(), statuses.end(), 503), 80 - 64 - 4);
  }                                 // ends though four calls are under way
  EXPECT_EQ(statuses.size(), 80u);  // each was answered
}

TEST(ForwardedPages, NeedAUrl) {
  const auto wrong = forwarded_pages("api:8080");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message, "\"api:8080\" is no URL to use: expected http:// or https://");
}

}  // namespace
}  // namespace mlopsctl::serve::web
