#include <fstream>

#include <gtest/gtest.h>

#include "stages/serve/access/allowance.hpp"
#include "stages/serve/access/cors.hpp"
#include "stages/serve/access/keys.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::serve {
namespace {

std::string line(const std::string& name, const std::string& key, const std::string& limits = "") {
  return name + " " + digest_of(key).str() + " " + limits + "\n";
}

Request asking(std::vector<Header> headers) {
  Request request;
  request.method = "OPTIONS";
  request.headers = std::move(headers);
  return request;
}

std::string names(const Error& error) {
  std::string text;
  const auto add = [&](const Error& each) { text += std::to_string(each.span->line) + ": " + each.message + "\n"; };
  add(error);
  for (const auto& each : error.also) add(each);
  return text;
}

TEST(Keys, AreReadWithTheirLimits) {
  const auto keys = parse_keys("# who\n\n" + line("alice", "k1", "rate=0.5 burst=3 day=100 body=2048 # a note") + line("ops", "k2", "admin"), "keys");
  ASSERT_TRUE(keys.ok());
  ASSERT_EQ(keys->size(), 2u);
  const Key& alice = keys->front();
  EXPECT_EQ(alice.name, "alice");
  EXPECT_EQ(alice.rate, 0.5);
  EXPECT_EQ(alice.burst, 3.0);
  EXPECT_EQ(alice.day, 100u);
  EXPECT_EQ(alice.body, 2048u);
  EXPECT_FALSE(alice.admin);
  EXPECT_TRUE(keys->back().admin);
}

TEST(Keys, FaultsAreToldTogetherAndNeverRepeatAKey) {
  const auto keys =
      parse_keys("alice my-secret\nbob\n" + line("carol", "k", "speed=3") + line("dave", "k", "rate=-1") + line("erin", "k") + line("erin", "l"), "keys");
  ASSERT_FALSE(keys.ok());
  EXPECT_EQ(names(keys.error()),
            "1: expected NAME sha256:DIGITS, with the digest of the key\n"
            "2: expected NAME sha256:DIGITS, with the digest of the key\n"
            "3: expected rate=, burst=, day=, body= or admin, got \"speed=3\"\n"
            "4: rate expects a number above 0, got \"-1\"\n"
            "6: the name \"erin\" stands there already\n");
}

TEST(Keys, AreFoundByWhatARequestShows) {
  const auto keys = parse_keys(line("alice", "k1") + line("bob", "k2"), "keys");
  ASSERT_TRUE(keys.ok());
  ASSERT_NE(find_key(*keys, "k2"), nullptr);
  EXPECT_EQ(find_key(*keys, "k2")->name, "bob");
  EXPECT_EQ(find_key(*keys, "k3"), nullptr);
  EXPECT_EQ(find_key(*keys, ""), nullptr);
}

TEST(Keys, AreShownInOneOfTwoHeaders) {
  EXPECT_EQ(shown_key(asking({{"authorization", "Bearer  abc"}})), "abc");
  EXPECT_EQ(shown_key(asking({{"authorization", "bEARER abc"}})), "abc");
  EXPECT_EQ(shown_key(asking({{"x-api-key", "abc"}})), "abc");
  EXPECT_EQ(shown_key(asking({{"authorization", "Basic abc"}})), "");
  EXPECT_EQ(shown_key(asking({{"authorization", "Bearer "}})), "");
}

TEST(KeyFiles, AreReadAnewWhenTheyChange) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "keys";
  std::ofstream(path) << line("alice", "k1");
  const auto files = KeyFiles::open({path});
  ASSERT_TRUE(files.ok());
  EXPECT_EQ((*files)->keys()->size(), 1u);
  std::ofstream(path) << line("alice", "k1") << line("bob", "k2");
  ASSERT_TRUE((*files)->refresh().ok());
  EXPECT_EQ((*files)->keys()->size(), 2u);
  std::ofstream(path) << "nonsense\n";
  EXPECT_FALSE((*files)->refresh().ok());
  EXPECT_EQ((*files)->keys()->size(), 2u);  // as they were
}

TEST(KeyFiles, MustExistAndHaveAKey) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path() / "keys";
  const auto none = KeyFiles::open({path});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().kind, ErrorKind::config);
  std::ofstream(path) << "# nobody\n";
  const auto empty = KeyFiles::open({path});
  ASSERT_FALSE(empty.ok());
  EXPECT_EQ(empty.error().message, path + " has no key");
}

struct Clockwork {
  std::chrono::steady_clock::time_point steady{};
  TimePoint now = TimePoint(std::chrono::hours(24 * 20000 + 23));
  void pass(std::chrono::milliseconds time) { steady += time, now += time; }
};

Key key(std::optional<double> rate, std::optional<double> burst, std::optional<uint64_t> day) {
  Key made;
  made.name = "alice";
  made.rate = rate;
  made.burst = burst;
  made.day = day;
  return made;
}

TEST(Allowance, FillsUpAtItsRateToItsBurst) {
  Allowance allowance;
  Clockwork clock;
  const Key alice = key(2, 3, {});
  const auto asks = [&] { return allowance.take(alice, clock.steady, clock.now); };
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(asks().granted);
  EXPECT_FALSE(asks().granted);
  EXPECT_EQ(asks().retry_after_s, 1);
  clock.pass(std::chrono::milliseconds(500));
  EXPECT_TRUE(asks().granted);
  EXPECT_FALSE(asks().granted);
  clock.pass(std::chrono::hours(1));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(asks().granted);
  EXPECT_FALSE(asks().granted);
}

TEST(Allowance, ASlowRateSaysHowLongToWait) {
  Allowance allowance;
  const Clockwork clock;
  const Key slow = key(0.1, {}, {});
  EXPECT_TRUE(allowance.take(slow, clock.steady, clock.now).granted);
  EXPECT_EQ(allowance.take(slow, clock.steady, clock.now).retry_after_s, 10);
}

TEST(Allowance, ADaysQuotaComesBackAtMidnight) {
  Allowance allowance;
  Clockwork clock;
  const Key alice = key({}, {}, 2);
  const auto asks = [&] { return allowance.take(alice, clock.steady, clock.now); };
  EXPECT_TRUE(asks().granted);
  EXPECT_TRUE(asks().granted);
  const auto refused = asks();
  EXPECT_FALSE(refused.granted);
  EXPECT_TRUE(refused.day);
  EXPECT_EQ(refused.retry_after_s, 3600);
  clock.pass(std::chrono::hours(1));
  EXPECT_TRUE(asks().granted);
}

TEST(Allowance, IsWithoutEndWhereNothingIsSaid) {
  Allowance allowance;
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(allowance.take(key({}, {}, {}), {}, {}).granted);
}

std::string value(const Response& response, std::string_view name) {
  for (const auto& header : response.headers)
    if (header.name == name) return header.value;
  return "none";
}

TEST(CorsHeaders, AreForNamedOriginsOnly) {
  const auto cors = Cors::make({"https://app.example.com"});
  ASSERT_TRUE(cors.ok());
  const Request named = asking({{"origin", "https://app.example.com"}, {"access-control-request-method", "POST"}}),
                other = asking({{"origin", "https://b.example"}});
  Response answer;
  cors->add_headers(named, answer);
  EXPECT_EQ(value(answer, "access-control-allow-origin"), "https://app.example.com");
  EXPECT_EQ(value(answer, "vary"), "origin");
  Response refused;
  cors->add_headers(other, refused);
  EXPECT_EQ(value(refused, "access-control-allow-origin"), "none");
  EXPECT_EQ(value(refused, "vary"), "origin");
  Response off;
  Cors().add_headers(named, off);
  EXPECT_TRUE(off.headers.empty());
}

TEST(CorsHeaders, PreflightsNameTheMethods) {
  const auto cors = Cors::make({"*"});
  ASSERT_TRUE(cors.ok());
  const Request question = asking({{"origin", "https://b.example"}, {"access-control-request-method", "POST"}});
  EXPECT_TRUE(Cors::is_preflight(question));
  EXPECT_FALSE(Cors::is_preflight(asking({{"origin", "https://b.example"}})));
  EXPECT_EQ(value(cors->preflight(question, "GET, POST"), "access-control-allow-methods"), "GET, POST");
  EXPECT_EQ(value(Cors().preflight(question, "GET, POST"), "access-control-allow-methods"), "none");
}

TEST(CorsHeaders, PagesOfOtherOriginsChangeNothing) {
  const auto cors = Cors::make({"https://app.example.com"});
  ASSERT_TRUE(cors.ok());
  const auto forged = [&](std::vector<Header> headers, const std::string& method = "POST") {
    headers.push_back({"host", "api.example.com:8080"});
    Request request = asking(std::move(headers));
    request.method = method;
    return cors->is_forged(request);
  };
  EXPECT_FALSE(forged({}));  // no browser
  EXPECT_FALSE(forged({{"origin", "http://api.example.com:8080"}}));
  EXPECT_FALSE(forged({{"origin", "https://app.example.com"}, {"sec-fetch-site", "cross-site"}}));
  EXPECT_FALSE(forged({{"sec-fetch-site", "same-origin"}, {"origin", "https://behind.a.proxy"}}));
  EXPECT_FALSE(forged({{"sec-fetch-site", "none"}}));
  EXPECT_FALSE(forged({{"origin", "https://evil.example"}, {"sec-fetch-site", "cross-site"}}, "GET"));
  EXPECT_TRUE(forged({{"origin", "https://evil.example"}}));
  EXPECT_TRUE(forged({{"origin", "null"}}));
  EXPECT_TRUE(forged({{"sec-fetch-site", "cross-site"}}));
  EXPECT_TRUE(forged({{"sec-fetch-site", "same-site"}, {"origin", "https://other.example.com"}}));
}

TEST(CorsHeaders, AnOriginHasNoPath) {
  for (const char* wrong : {"app.example.com", "https://app.example.com/", "://x", "https://"}) {
    const auto cors = Cors::make({wrong});
    ASSERT_FALSE(cors.ok()) << wrong;
    EXPECT_EQ(cors.error().message, "--cors-origin expects an origin, got \"" + std::string(wrong) + "\"");
  }
}

}  // namespace
}  // namespace mlopsctl::serve
