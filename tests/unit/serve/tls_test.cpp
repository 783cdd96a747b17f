// TLS, against curl.
#include <cstdio>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stages/serve/http/server.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/serve/client.hpp"

namespace mlopsctl::serve {
namespace {

std::string output_of(const std::string& command) {
  std::string text;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  char bytes[65536];
  for (size_t size; pipe && (size = std::fread(bytes, 1, sizeof bytes, pipe.get())) > 0;) text.append(bytes, size);
  return text;
}

class Tls : public ::testing::Test {
 protected:
  Tls() { make("certificate", "key"); }

  void make(const std::string& certificate, const std::string& key) {
    output_of(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout '" +
        path(key) + "' -out '" + path(certificate) + "' 2>&1");
  }
  std::string path(const std::string& name) { return (folder_ / name).string(); }

  Result<std::unique_ptr<Server>> start(const std::string& certificate = "certificate", const std::string& key = "key") {
    const Handler handler = [](Request& request, Reply reply) {
      reply(Response{200, "text/plain", {}, request.path == "/large" ? std::string(3'000'000, 'y') : request.path + " " + std::to_string(request.body.size())});
    };
    ServerOptions options;
    options.endpoints.push_back({"127.0.0.1", 0, "", handler, true});
    options.tls_certificate = path(certificate);
    options.tls_key = path(key);
    auto server = Server::open(std::move(options));
    if (server.ok()) (*server)->run();
    return server;
  }
  std::string curl(const Server& server, const std::string& words) {
    std::string text = words;
    const std::string base = "https://127.0.0.1:" + std::to_string(server.port(0));
    for (size_t at; (at = text.find("URL")) != std::string::npos;) text.replace(at, 3, base);
    return output_of("curl -s -m 20 --cacert '" + path("certificate") + "' " + text + " 2>&1");
  }

  testing::TemporaryFolder folder_;
};

TEST_F(Tls, AnswersOverOneConnection) {
  const auto server = start();
  ASSERT_TRUE(server.ok()) << server.error().message;
  EXPECT_EQ(curl(**server, "-w '[%{num_connects} %{http_version}]' URL/a URL/b"), "/a 0[1 1.1]/b 0[0 1.1]");
}

TEST_F(Tls, LargeBodiesGoBothWays) {
  const auto server = start();
  ASSERT_TRUE(server.ok());
  std::ofstream(path("body")) << std::string(2'000'000, 'x');
  EXPECT_EQ(curl(**server, "--data-binary '@" + path("body") + "' URL/up"), "/up 2000000");
  EXPECT_EQ(curl(**server, "URL/large -o /dev/null -w '%{size_download}'"), "3000000");
}

TEST_F(Tls, RefusesOldVersions) {
  const auto server = start();
  ASSERT_TRUE(server.ok());
  EXPECT_EQ(curl(**server, "--tls-max 1.2 URL/a"), "/a 0");
  // Without the level, this machine's own client would not even ask.
  EXPECT_THAT(curl(**server, "-S --ciphers DEFAULT@SECLEVEL=0 --tls-max 1.1 URL/a"), ::testing::HasSubstr("alert protocol version"));
}

TEST_F(Tls, WhatIsNoTlsIsClosed) {
  const auto server = start();
  ASSERT_TRUE(server.ok());
  test::Client plain((*server)->port(0));
  plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(plain.closed());
  EXPECT_EQ(curl(**server, "URL/a"), "/a 0");
}

TEST_F(Tls, TakesANewCertificateWhileItRuns) {
  const auto server = start();
  ASSERT_TRUE(server.ok());
  make("certificate", "key");  // curl trusts the new one only
  EXPECT_EQ(curl(**server, "URL/a"), "");
  ASSERT_TRUE((*server)->refresh_tls().ok());
  EXPECT_EQ(curl(**server, "URL/a"), "/a 0");
  std::ofstream(path("key")) << "nonsense";
  const Status refused = (*server)->refresh_tls();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(curl(**server, "URL/a"), "/a 0");
}

TEST_F(Tls, SaysWhatIsWrongWithTheFiles) {
  make("other", "other-key");
  std::ofstream(path("nonsense")) << "nonsense";
  const auto message = [&](const std::string& certificate, const std::string& key) {
    const auto server = start(certificate, key);
    std::string text = server.ok() ? "none" : server.error().message;
    for (size_t at; (at = text.find(folder_.path().string() + "/")) != std::string::npos;) text.erase(at, folder_.path().string().size() + 1);
    return text;
  };
  EXPECT_EQ(message("nowhere", "key"), "cannot use nowhere for TLS: No such file or directory");
  EXPECT_EQ(message("nonsense", "key"), "cannot use nonsense for TLS: no start line");
  EXPECT_THAT(message("certificate", "nonsense"), ::testing::StartsWith("cannot use nonsense for TLS: "));
  EXPECT_EQ(message("certificate", "other-key"), "cannot use other-key for TLS: key values mismatch");
}

}  // namespace
}  // namespace mlopsctl::serve
