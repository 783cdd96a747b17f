#include "stages/serve/router.hpp"

#include <gtest/gtest.h>

#include "stages/serve/problem.hpp"

namespace mlopsctl::serve {
namespace {

Route route(std::string method, std::string path) {
  Route made;
  made.method = std::move(method);
  made.path = std::move(path);
  return made;
}

Router router() {
  auto made = Router::make({route("GET", "/"), route("POST", "/predict"), route("GET", "/v2/models/{model}"), route("POST", "/v2/models/{model}/infer"),
                            route("GET", "/v2/models/{model}/ready"), route("GET", "/v2/models/stats"), route("GET", "/predict")});
  EXPECT_TRUE(made.ok());
  return std::move(made).value();
}

std::string found(const Router& router, std::string_view method, std::string_view path) {
  const Match match = router.find(method, path);
  if (match.route == nullptr) return "none, allowed: " + match.allowed;
  std::string text = match.route->method + " " + match.route->path;
  for (const auto& [name, value] : match.parameters) text += " " + name + "=" + value;
  return text;
}

TEST(Router, FindsByMethodAndPath) {
  const Router routes = router();
  EXPECT_EQ(found(routes, "GET", "/"), "GET /");
  EXPECT_EQ(found(routes, "POST", "/predict"), "POST /predict");
  EXPECT_EQ(found(routes, "GET", "/v2/models/airline"), "GET /v2/models/{model} model=airline");
  EXPECT_EQ(found(routes, "POST", "/v2/models/a b/infer"), "POST /v2/models/{model}/infer model=a b");
}

TEST(Router, APathWrittenOutGoesBeforeOneWithAName) { EXPECT_EQ(found(router(), "GET", "/v2/models/stats"), "GET /v2/models/stats"); }

TEST(Router, AnswersHeadByGet) { EXPECT_EQ(found(router(), "HEAD", "/v2/models/x/ready"), "GET /v2/models/{model}/ready model=x"); }

TEST(Router, SaysWhichMethodsThereWouldBe) {
  EXPECT_EQ(found(router(), "DELETE", "/predict"), "none, allowed: GET, HEAD, POST");
  EXPECT_EQ(found(router(), "GET", "/v2/models/x/infer"), "none, allowed: POST");
}

TEST(Router, FindsNothingWhereThereIsNothing) {
  for (const char* path : {"/x", "/predict/", "//", "/v2/models", "/v2/models//infer", "/v2/models/a/b/infer", "", "*"})
    EXPECT_EQ(found(router(), "POST", path), "none, allowed: ") << path;
}

TEST(Router, RefusesTwoRoutesForTheSameRequests) {
  const auto same = Router::make({route("POST", "/"), route("POST", "/")});
  ASSERT_FALSE(same.ok());
  EXPECT_EQ(same.error().message, "two routes answer POST /");
  const auto names = Router::make({route("GET", "/m/{a}"), route("GET", "/m/{b}")});
  ASSERT_FALSE(names.ok());
  EXPECT_EQ(names.error().message, "two routes answer GET /m/{b} and /m/{a}");
}

TEST(Problem, IsWhatRfc9457Says) {
  const Response response = problem(404, "there is nothing at /\"x\"");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.body, R"({"detail":"there is nothing at /\"x\"","status":404,"title":"Not Found","type":"about:blank"})");
}

}  // namespace
}  // namespace mlopsctl::serve
