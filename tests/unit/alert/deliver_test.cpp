#include "pipeline/alert/deliver.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/files.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/alert/alerts.hpp"

namespace mlopsctl::alert {
namespace {

using testing::HttpReply, testing::HttpRequest, testing::HttpServer;

TEST(Deliver, WhatCouldNotBeSentWaitsAndIsSentOnce) {
  const testing::TemporaryFolder folder;
  bool broken = true;
  HttpServer server([&](const HttpRequest&) { return HttpReply{broken ? 500 : 200, {}, ""}; });
  HttpServer other([&](const HttpRequest&) { return HttpReply{200, {}, ""}; });
  Surroundings around;
  Channel away = a_channel("webhook", {{"url", server.url() + "/"}, {"tries", 1}}), fine = a_channel("webhook", {{"url", other.url() + "/"}});
  fine.name = "other";
  const auto run = [&](const std::string& id, const std::vector<Alert>& alerts) {
    Json said = Json::array();
    const auto deliveries = deliver({away, fine}, alerts, id, folder.path(), around.world);
    for (const Delivery& each : *deliveries) said.push_back(to_text(to_json(each)));
    return said;
  };
  const std::string why = "not sent: POST " + server.url() + "/: HTTP 500 Internal Server Error";
  EXPECT_EQ(run("one", {an_alert()}), Json({"team (webhook): " + why, "other (webhook): sent 1 message"}));
  EXPECT_EQ(run("two", {an_alert()}), Json({"team (webhook): " + why, "other (webhook): told before, unchanged"}));
  broken = false;
  EXPECT_EQ(run("three", {an_alert()}), Json({"team (webhook): sent 1 message", "other (webhook): told before, unchanged"}));
  EXPECT_EQ(run("four", {an_alert("pass", {})}), Json({"team (webhook): sent 1 message", "other (webhook): sent 1 message"}));
  EXPECT_EQ(run("five", {an_alert("pass", {})}), Json({"team (webhook): nothing to tell", "other (webhook): nothing to tell"}));
  EXPECT_EQ(other.requests().size(), 2U);
  EXPECT_EQ(server.requests().size(), 4U);

  const auto first = deliveries_of("one", folder.path());
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(to_text(first->at(0)), "team (webhook): " + why);
  EXPECT_EQ(*deliveries_of("six", folder.path()), Json::array());
}

TEST(Deliver, ADamagedMemoryIsTold) {
  const testing::TemporaryFolder folder;
  folder.write("alerts.json", "{");
  Surroundings around;
  const auto told = deliver({a_channel("webhook", {{"url", "http://127.0.0.1:1/"}})}, {}, "one", folder.path(), around.world);
  ASSERT_FALSE(told.ok());
  EXPECT_EQ(told.error().hint, "remove it: what stands is then told once more");
}

}  // namespace
}  // namespace mlopsctl::alert
