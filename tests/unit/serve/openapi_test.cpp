#include "stages/serve/openapi.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mlopsctl::serve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<Route> routes() {
  Route infer;
  infer.method = "POST";
  infer.path = "/v2/models/{model}/infer";
  infer.operation = {{"summary", "Infer <fast>"},
                     {"requestBody", {{"content", {{"application/json", {{"example", {{"text", "a & b"}}}}}}}}},
                     {"responses", {{"200", {{"description", "Scores"}}}}}};
  Route probe;
  probe.method = "GET";
  probe.path = "/health";
  probe.audience = Audience::anyone;
  probe.operation = {{"summary", "Health"}};
  Route hidden;
  hidden.method = "GET";
  hidden.path = "/ui";
  return {infer, probe, hidden};
}

TEST(OpenApi, IsMadeOfTheRoutes) {
  const Json document = openapi_document(routes(), {"airline", "1.0", false});
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_EQ(document["info"]["title"], "airline");
  EXPECT_EQ(document["paths"].size(), 2u);
  const Json& infer = document["paths"]["/v2/models/{model}/infer"]["post"];
  EXPECT_EQ(infer["operationId"], "post_v2_models_model_infer");
  EXPECT_EQ(infer["parameters"][0]["name"], "model");
  EXPECT_EQ(infer["parameters"][0]["in"], "path");
  EXPECT_EQ(infer["responses"]["default"]["content"].begin().key(), "application/problem+json");
  EXPECT_FALSE(document.contains("security"));
}

TEST(OpenApi, SaysWhereAKeyIsAskedFor) {
  const Json document = openapi_document(routes(), {"airline", "1.0", true});
  EXPECT_EQ(document["security"].size(), 2u);
  EXPECT_EQ(document["paths"]["/health"]["get"]["security"], Json::array());
  EXPECT_FALSE(document["paths"]["/v2/models/{model}/infer"]["post"].contains("security"));
}

TEST(OpenApi, HasAPageForPeople) {
  const auto pages = openapi_routes(openapi_document(routes(), {"<airline>", "1.0", true}));
  Response page;
  for (const auto& route : pages)
    if (route.path == "/docs") route.run({}, {}, [&](Response response) { page = std::move(response); });
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(page.body, HasSubstr("<code>POST /v2/models/{model}/infer</code> Infer &lt;fast&gt;"));
  EXPECT_THAT(page.body, HasSubstr("&quot;text&quot;: &quot;a &amp; b&quot;"));
  EXPECT_THAT(page.body, HasSubstr("API of &lt;airline&gt;"));
  EXPECT_THAT(page.body, Not(HasSubstr("/ui")));
}

}  // namespace
}  // namespace mlopsctl::serve
