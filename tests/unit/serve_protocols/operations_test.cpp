// What the routes say of themselves in the OpenAPI document.
#include <set>

#include "stages/deploy/fields.hpp"
#include "tests/unit/serve_protocols/contract.hpp"

namespace mlopsctl::serve::protocols {
namespace {

TEST_F(Contract, EveryRouteHasAnOperationOfItsOwn) {
  options_.apis = {"gke-twitter", "sentiment140-k8s", "nlp-on-eks"};
  use(options_.apis);
  std::set<std::string> ids;
  for (const Route& route : router_->routes()) {
    const Json& operation = route.operation;
    const std::string name = route.method + " " + route.path;
    EXPECT_TRUE(ids.insert(operation.value("operationId", "")).second) << name;
    EXPECT_FALSE(operation.value("summary", "").empty()) << name;
    EXPECT_TRUE(operation["responses"].contains("200")) << name;
    EXPECT_EQ(operation.contains("requestBody"), route.method == "POST") << name;
    size_t braces = 0;
    for (const char c : route.path) braces += c == '{';
    EXPECT_EQ(operation.value("parameters", Json::array()).size(), braces) << name;
    if (route.method != "POST") continue;
    for (const char* status : {"400", "422", "500", "503", "504"}) EXPECT_TRUE(operation["responses"].contains(status)) << name << " " << status;
  }
}

TEST(ApiNames, AreThoseOfThePipelineFile) {
  for (const auto& field : deploy::deploy_spec().fields)
    if (field.name == "api") {
      EXPECT_EQ(field.type->choices, api_names());
      return;
    }
  FAIL() << "a deploy stage has no field api";
}

TEST_F(Contract, ProbesAskForNoKey) {
  use({"nlp-on-eks"});
  for (const Route& route : router_->routes()) {
    const bool probe = route.path == "/" ? route.method == "GET" : route.path.ends_with("/ready") || route.path.ends_with("/live");
    EXPECT_EQ(route.audience == Audience::anyone, probe) << route.path;
  }
}

}  // namespace
}  // namespace mlopsctl::serve::protocols
