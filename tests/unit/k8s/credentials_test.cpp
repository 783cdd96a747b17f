#include "pipeline/k8s/credentials.hpp"

#include <gmock/gmock.h>

#include "pipeline/k8s/exec_plugin.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::k8s {
namespace {

using std::chrono::seconds;

struct CredentialsWorld {
  testing::TemporaryFolder folder;
  testing::ManualClock clock;
  CancelToken cancel;
  Access access;

  // A plug-in that runs these lines of shell script with $FOLDER set.
  void plugin(const std::string& lines) {
    const auto file = folder.write("plugin", "#!/bin/sh\n" + lines);
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    access.exec = ExecPlugin{file.string(), {}, {{"FOLDER", folder.path().string()}}, "client.authentication.k8s.io/v1", "install it so", false, "Never", {}};
  }
  Credentials credentials() { return Credentials(access, {{"PATH", "/usr/bin:/bin"}}, clock, cancel); }
};

std::string authorization(Credentials& credentials) {
  const auto identity = credentials.current();
  return identity ? identity->authorization : "error: " + identity.error().message;
}

// Whether there is something new to try after this was refused.
bool renewed(Credentials& credentials, const Identity& refused) {
  const auto other = credentials.renew(refused);
  EXPECT_TRUE(other.ok());
  return other.ok() && *other;
}

// Counts its runs in $FOLDER/runs and says "t<number>", good for what $1 says.
std::string counting(const std::string& status) {
  return "echo >>$FOLDER/runs; n=$(wc -l <$FOLDER/runs)\n"
         "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t'$n'\"" +
         status + "}}'\n";
}

TEST(Credentials, ReadTheFileOfTheTokenAgainAfterAMinute) {
  CredentialsWorld world;
  world.access.token_file = world.folder.write("token", " one\n").string();
  Credentials credentials = world.credentials();
  EXPECT_EQ(authorization(credentials), "Bearer one");
  world.folder.write("token", "two");
  world.clock.advance(seconds(59));
  EXPECT_EQ(authorization(credentials), "Bearer one");
  world.clock.advance(seconds(1));
  EXPECT_EQ(authorization(credentials), "Bearer two");
  // A file that is just being replaced does not stop us.
  std::filesystem::remove(world.folder / "token");
  world.clock.advance(seconds(61));
  EXPECT_EQ(authorization(credentials), "Bearer two");
}

TEST(Credentials, ReadTheFileAgainWhenItsTokenIsRefused) {
  CredentialsWorld world;
  world.access.token_file = world.folder.write("token", "one").string();
  Credentials credentials = world.credentials();
  const auto first = credentials.current();
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(renewed(credentials, *first));
  world.folder.write("token", "two");
  EXPECT_TRUE(renewed(credentials, *first));
  EXPECT_EQ(authorization(credentials), "Bearer two");
}

TEST(Credentials, AskThePlugInOnceUntilItsTokenEnds) {
  CredentialsWorld world;
  world.plugin(counting(",\"expirationTimestamp\":\"" + rfc3339(world.clock.now() + seconds(100)) + "\""));
  Credentials credentials = world.credentials();
  EXPECT_EQ(authorization(credentials), "Bearer t1");
  world.clock.advance(seconds(99));
  EXPECT_EQ(authorization(credentials), "Bearer t1");
  world.clock.advance(seconds(2));
  EXPECT_EQ(authorization(credentials), "Bearer t2");
}

TEST(Credentials, AskThePlugInAgainWhenItsTokenIsRefused) {
  CredentialsWorld world;
  world.plugin(counting(""));
  Credentials credentials = world.credentials();
  const auto first = credentials.current();
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(renewed(credentials, *first));
  EXPECT_EQ(authorization(credentials), "Bearer t2");
  // Somebody else has renewed in between: there is something new to try, and the plug-in is left alone.
  EXPECT_TRUE(renewed(credentials, *first));
  EXPECT_EQ(authorization(credentials), "Bearer t2");
}

TEST(Credentials, SayWhatIsWrongWithAPlugInButNeverWhatItPrinted) {
  CredentialsWorld world;
  const auto fault = [&](const std::string& lines) {
    world.plugin(lines);
    Credentials credentials = world.credentials();
    const auto identity = credentials.current();
    EXPECT_FALSE(identity.ok());
    if (identity.ok()) return std::string();
    EXPECT_EQ(identity.error().kind, ErrorKind::cluster);
    EXPECT_EQ(identity.error().hint, "install it so");
    const std::string start = "the credential plug-in " + world.access.exec->command + " ";
    EXPECT_EQ(identity.error().message.substr(0, start.size()), start);
    return identity.error().message.substr(start.size());
  };
  EXPECT_EQ(fault("echo secret"), "did not print an ExecCredential in JSON");
  EXPECT_EQ(fault("exit 7"), "ended with exit code 7");
  EXPECT_EQ(fault("kill -9 $$"), "was ended by signal 9");
  EXPECT_EQ(fault("echo '{\"kind\":\"Pod\"}'"), "printed kind \"Pod\"; expected ExecCredential");
  EXPECT_EQ(fault("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"status\":{\"token\":\"t\"}}'"),
            "answers in client.authentication.k8s.io/v1beta1, but the kubeconfig says client.authentication.k8s.io/v1");
  const std::string head = "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\"";
  EXPECT_EQ(fault(head + "}'"), "printed no status");
  EXPECT_EQ(fault(head + ",\"status\":{}}'"), "printed neither a token nor a certificate");
  EXPECT_EQ(fault(head + ",\"status\":{\"clientKeyData\":\"k\"}}'"), "printed a certificate or a key, but not both");
  EXPECT_EQ(fault(head + ",\"status\":{\"token\":\"t\",\"expirationTimestamp\":\"soon\"}}'"),
            "printed the expirationTimestamp \"soon\"; expected a time such as 2026-01-31T08:15:00Z");
  EXPECT_EQ(fault("head -c 2000000 /dev/zero"), "printed more than 1 MB");
  world.plugin("exit 0");
  world.access.exec->command = "/nowhere/plugin";
  Credentials credentials = world.credentials();
  EXPECT_EQ(authorization(credentials), "error: the credential plug-in /nowhere/plugin cannot be started: No such file or directory");
}

TEST(Credentials, APlugInEndsWhenWeAreInterrupted) {
  CredentialsWorld world;
  world.plugin("exec sleep 600");
  world.cancel.cancel();
  Credentials credentials = world.credentials();
  EXPECT_EQ(authorization(credentials), "error: interrupted");
}

TEST(ExecPlugin, IsToldOfTheClusterWhenItAsks) {
  Access access;
  access.server = "https://cluster.test:6443";
  access.server_name = "name.test";
  access.proxy_url = "http://proxy.test";
  access.compression = false;
  access.exec = ExecPlugin{"plugin", {}, {}, "client.authentication.k8s.io/v1", "", true, "Never", Json{{"audience", "x"}}};
  EXPECT_EQ(canonical(exec_info(access, true, "pem")),
            R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"cluster":{"certificate-authority-data":"cGVt",)"
            R"("config":{"audience":"x"},"disable-compression":true,"proxy-url":"http://proxy.test","server":"https://cluster.test:6443",)"
            R"("tls-server-name":"name.test"},"interactive":true}})");
}

}  // namespace
}  // namespace mlopsctl::k8s
