// What each port shows to whom, through real sockets; without a model.
#include "stages/serve/service.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/base/files.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/serve/client.hpp"

namespace mlopsctl::serve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<Route> service_routes() {
  const auto route = [](std::string path, Audience audience) {
    Route made;
    made.method = "GET";
    made.path = std::move(path);
    made.audience = audience;
    made.run = [](const Request& request, const std::map<std::string, std::string>&, Reply reply) { reply(Response{200, "text/plain", {}, request.client}); };
    return made;
  };
  Route change = route("/change", Audience::users);
  change.method = "POST";
  return {change, route("/", Audience::users), route("/ui", Audience::anyone), route("/secret", Audience::users), route("/admin", Audience::admins)};
}

class ServiceTest : public ::testing::Test {
 protected:
  void start(ServiceOptions options) {
    options.host = "127.0.0.1";
    options.port = 0;
    auto made = Service::start(std::move(options), [](const Hooks&) -> Result<Parts> {
      Parts parts;
      parts.routes = service_routes();
      return parts;
    });
    ASSERT_TRUE(made.ok()) << made.error().message;
    service_ = std::move(made).value();
  }
  std::string keys() {
    const std::string path = folder_ / "keys";
    std::ofstream(path) << "alice " << digest_of("a").str() << " rate=0.01 burst=2\nops " << digest_of("o").str() << " admin\n";
    return path;
  }
  static std::string ask(uint16_t port, const std::string& path, const std::string& more = "") {
    test::Client client(port);
    client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n");
    return client.answer();
  }
  std::string ask_with(const std::string& method, const std::string& path, const std::string& more) {
    test::Client client(service_->port());
    client.send(method + " " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n" + more + "\r\n");
    return client.answer();
  }
  static std::string status(uint16_t port, const std::string& path, const std::string& more = "") { return ask(port, path, more).substr(9, 3); }

  testing::TemporaryFolder folder_;
  std::unique_ptr<Service> service_;
};

TEST_F(ServiceTest, ProbesAndMetricsAreThere) {
  start({});
  for (const char* path : {"/health", "/livez", "/readyz", "/startupz", "/metrics", "/secret", "/ui"}) EXPECT_EQ(status(service_->port(), path), "200") << path;
  EXPECT_THAT(ask(service_->port(), "/health"), HasSubstr("\r\n\r\n{\"status\":\"ok\"}"));
  EXPECT_EQ(status(service_->port(), "/admin"), "404");
  EXPECT_EQ(service_->admin_port(), std::nullopt);
}

TEST_F(ServiceTest, KeysAreAskedForButNotByProbes) {
  ServiceOptions options;
  options.key_files = {keys()};
  start(std::move(options));
  const uint16_t port = service_->port();
  EXPECT_EQ(status(port, "/readyz"), "200");
  EXPECT_EQ(status(port, "/ui"), "200");
  EXPECT_EQ(status(port, "/metrics"), "401");
  const std::string refused = ask(port, "/secret");
  EXPECT_THAT(refused, HasSubstr("401 Unauthorized"));
  EXPECT_THAT(refused, HasSubstr("www-authenticate: Bearer"));
  EXPECT_EQ(status(port, "/secret", "X-API-Key: b\r\n"), "401");
  EXPECT_THAT(ask(port, "/secret", "Authorization: Bearer a\r\n"), HasSubstr("\r\n\r\nalice"));
  EXPECT_EQ(status(port, "/secret", "X-API-Key: a\r\n"), "200");
  const std::string limited = ask(port, "/secret", "X-API-Key: a\r\n");
  EXPECT_THAT(limited, HasSubstr("429 Too Many Requests"));
  EXPECT_THAT(limited, HasSubstr("retry-after: 100"));
  EXPECT_EQ(status(port, "/secret", "X-API-Key: o\r\n"), "200");  // others are not
}

TEST_F(ServiceTest, APageOfAnotherOriginIsRefused) {
  start({});
  EXPECT_EQ(status(service_->port(), "/secret", "Origin: http://evil\r\n"), "200");
  EXPECT_EQ(ask_with("POST", "/change", "Origin: http://evil\r\n").substr(9, 3), "403");
  EXPECT_EQ(ask_with("POST", "/change", "Origin: http://a\r\n").substr(9, 3), "200");
}

TEST_F(ServiceTest, AdminRoutesHaveAPortOfTheirOwn) {
  ServiceOptions options;
  options.key_files = {keys()};
  options.admin_port = 0;
  start(std::move(options));
  const uint16_t admin = service_->admin_port().value();
  EXPECT_EQ(status(service_->port(), "/metrics"), "404");
  EXPECT_EQ(status(service_->port(), "/admin", "X-API-Key: o\r\n"), "404");
  EXPECT_EQ(status(admin, "/metrics"), "401");
  EXPECT_EQ(status(admin, "/metrics", "X-API-Key: a\r\n"), "403");
  EXPECT_EQ(status(admin, "/metrics", "X-API-Key: o\r\n"), "200");
  EXPECT_EQ(status(admin, "/readyz"), "200");
  EXPECT_EQ(status(admin, "/secret", "X-API-Key: o\r\n"), "404");
  EXPECT_EQ(status(admin, "/admin"), "401");
  EXPECT_EQ(status(admin, "/admin", "X-API-Key: a\r\n"), "403");
  EXPECT_EQ(status(admin, "/admin", "X-API-Key: o\r\n"), "200");
}

TEST_F(ServiceTest, ThePagesHaveAPortThatBeginsWithThem) {
  ServiceOptions options;
  options.admin_port = 0;
  options.ui_port = 0;
  start(std::move(options));
  EXPECT_THAT(ask(service_->ui_port().value(), "/"), HasSubstr("location: /ui\r\n"));
  EXPECT_EQ(status(service_->ui_port().value(), "/ui"), "200");
  EXPECT_EQ(status(service_->port(), "/"), "200");
}

TEST_F(ServiceTest, TellsOfEachAnswer) {
  const std::string log = folder_ / "log";
  ServiceOptions options;
  options.access_log = log;
  options.cors_origins = {"https://app.example.com"};
  start(std::move(options));
  const std::string answer =
      ask(service_->port(), "/secret?q=private", "Origin: https://app.example.com\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n");
  EXPECT_THAT(answer, HasSubstr("access-control-allow-origin: https://app.example.com"));
  EXPECT_THAT(answer, HasSubstr("traceresponse: 00-0af7651916cd43dd8448eb211c80319c-"));
  EXPECT_EQ(status(service_->port(), "bad"), "400");
  EXPECT_THAT(ask(service_->port(), "/metrics"), HasSubstr("mlopsctl_requests_total{route=\"GET /secret\",status=\"200\"} 1\n"));
  EXPECT_EQ(service_->answered(), 2u);
  service_.reset();  // writes what is left
  const auto text = read_file(log);
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, HasSubstr("\"path\":\"/secret\",\"route\":\"/secret\",\"status\":200"));
  EXPECT_THAT(*text, HasSubstr("\"trace\":\"0af7651916cd43dd8448eb211c80319c\""));
  EXPECT_THAT(*text, HasSubstr("\"status\":400"));
  EXPECT_THAT(*text, HasSubstr("\"fault\":\"the request's target is not a path\""));
  EXPECT_THAT(*text, Not(HasSubstr("private")));
}

TEST_F(ServiceTest, DrainsAtOnceWhereNothingIsUnderWay) {
  start({});
  test::Client idle(service_->port());
  EXPECT_TRUE(service_->drain(std::chrono::milliseconds(5000)));
  EXPECT_TRUE(idle.closed());
  EXPECT_FALSE(test::Client(service_->port()).connected());
}

}  // namespace
}  // namespace mlopsctl::serve
