#include "stages/serve/store/keeper.hpp"
#include "tests/unit/serve_store/databases.hpp"
#include "tests/unit/serve_store/served.hpp"

namespace mlopsctl::serve::store {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using namespace std::chrono_literals;

class RoutesTest : public OnBoth {
 protected:
  void start(bool record = false) {
    KeeperOptions options;
    options.address = address_;
    options.record = record;
    options.recorder.spool = folder_ / "spool";
    options.gke_twitter = true;
    options.labels = [] { return live_model()->model.labels(); };
    auto keeper = Keeper::start(std::move(options));
    ASSERT_TRUE(keeper.ok()) << keeper.error().message;
    keeper_ = std::move(keeper).value();
    routes_ = keeper_->routes();
  }
  Response post(const std::string& path, const std::string& body) { return ask(routes_, "POST", path, body); }
  Response get(const std::string& path, const std::string& query = "") { return ask(routes_, "GET", path, "", query); }

  std::unique_ptr<Keeper> keeper_;
  std::vector<Route> routes_;
};
ON_BOTH(RoutesTest);

void expect(const Response& response, int status, const std::string& body) {
  EXPECT_EQ(response.status, status);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, body);
}

TEST_P(RoutesTest, KeepTweetsAsThatSystemDoes) {
  ASSERT_NO_FATAL_FAILURE(start());
  expect(post("/insert_tweet_data", R"({"user_id": "ann", "tweet_content": "late"})"), 200, "{\"result\":\"1\"}\n");
  expect(post("/update_tweet_sentiment", R"({"u_id": "1", "sentiment_value": "negative"})"), 200, "{\"result\":\"Data updated successfully\"}\n");
  expect(post("/update_tweet_sentiment", R"({"u_id": "2", "sentiment_value": "negative"})"), 500, "{\"result\":\"Record not found\"}\n");
  expect(post("/update_tweet_sentiment", R"({"u_id": "64b7", "sentiment_value": "negative"})"), 500, "{\"result\":\"Record not found\"}\n");
  expect(post("/insert_tweet_data", R"({"tweet_content": "late"})"), 500, "{\"error\":\"'user_id'\"}\n");
  expect(post("/insert_tweet_data", R"({"user_id": "ann"})"), 500, "{\"error\":\"'tweet_content'\"}\n");
  expect(post("/insert_tweet_data", R"({"user_id": 5, "tweet_content": "late"})"), 500, "{\"result\":\"internal server error\"}\n");
  expect(post("/update_tweet_sentiment", R"({"u_id": "1"})"), 500, "{\"error\":\"'sentiment_value'\"}\n");
  expect(post("/insert_tweet_data", "{"), 500,
         "{\"error\":\"400 Bad Request: The browser (or proxy) sent a request that this server could not understand.\"}\n");
  const Response home = get("/home");
  EXPECT_EQ(home.status, 200);
  EXPECT_EQ(home.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(home.body, "Hello World!!");
}

TEST_P(RoutesTest, PageThroughTweets) {
  ASSERT_NO_FATAL_FAILURE(start());
  expect(get("/tweets"), 200, R"({"total":0,"tweets":[]})");
  for (const char* text : {"one", "two \\\"quoted\\\"", "three"})
    ASSERT_EQ(post("/insert_tweet_data", R"({"user_id": "ann", "tweet_content": ")" + std::string(text) + "\"}").status, 200);
  const Json page = Json::parse(get("/tweets", "limit=1&after=1").body);
  EXPECT_EQ(page["total"], 3);
  ASSERT_EQ(page["tweets"].size(), 1u);
  EXPECT_EQ(page["tweets"][0]["id"], "2");
  EXPECT_EQ(page["tweets"][0]["user_id"], "ann");
  EXPECT_EQ(page["tweets"][0]["tweet_content"], "two \"quoted\"");
  EXPECT_EQ(page["tweets"][0]["sentiment"], nullptr);
  EXPECT_THAT(page["tweets"][0]["created_at"].get<std::string>(), MatchesRegex("20[0-9-]+T[0-9:.]+Z"));
  for (const char* query : {"limit=0", "limit=1001", "limit=x", "limit=", "limit=1e2"}) {
    const Response refused = get("/tweets", query);
    EXPECT_EQ(refused.status, 400) << query;
    EXPECT_EQ(Json::parse(refused.body)["detail"], "limit must be a whole number from 1 to 1000");
  }
  EXPECT_EQ(Json::parse(get("/tweets", "after=-1").body)["detail"], "after must be the id of a tweet, a whole number");
}

TEST_P(RoutesTest, TakeFeedbackOnWhatWasJustSaid) {
  ASSERT_NO_FATAL_FAILURE(start(true));
  tell(keeper_->observer(), "request-1", {"good thing"});
  expect(post("/feedback", R"({"prediction_id": "request-1", "label": "neg"})"), 201, R"({"label":"neg","prediction_id":"request-1"})");
  EXPECT_EQ((*open()->predictions(nullptr, 1))[0].feedback, "neg");
  const Response unknown = post("/feedback", R"({"prediction_id": "request-2", "label": "neg"})");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(Json::parse(unknown.body)["detail"], "no prediction \"request-2\" was recorded");
  const Response label = post("/feedback", R"({"prediction_id": "request-1", "label": "negative"})");
  EXPECT_EQ(label.status, 400);
  EXPECT_EQ(Json::parse(label.body)["detail"], "the model has no label \"negative\"; it has neg, pos");
  for (const char* body : {"[]", "{}", R"({"prediction_id": 5, "label": "neg"})", R"({"prediction_id": "", "label": "neg"})"})
    EXPECT_THAT(Json::parse(post("/feedback", body).body)["detail"].get<std::string>(), HasSubstr("\"prediction_id\" is missing, empty or no text")) << body;
}

TEST_P(RoutesTest, StoreTheSentimentThatAnotherRouteFound) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_EQ(post("/insert_tweet_data", R"({"user_id": "ann", "tweet_content": "late"})").status, 200);
  const auto sink = keeper_->sentiment_sink();
  for (const auto& [id, stored] : std::map<std::string, bool>{{"1", true}, {"2", false}, {"x", false}, {"", false}, {"01", false}}) {
    std::promise<bool> done;
    sink(id, "negative", [&](bool good) { done.set_value(good); });
    EXPECT_EQ(done.get_future().get(), stored) << id;
  }
  EXPECT_EQ(open()->tweets(0, 1)->tweets[0].sentiment, "negative");
}

TEST_P(RoutesTest, DescribeThemselves) {
  ASSERT_NO_FATAL_FAILURE(start());
  for (const Route& route : routes_) EXPECT_TRUE(route.operation.contains("summary") && route.operation.contains("responses")) << route.path;
  EXPECT_EQ(routes_.size(), 5u);
}

TEST(KeeperOnPostgres, StartsWithoutItsDatabaseAndFindsItLater) {
  std::string why;
  const auto programs = mlopsctl::testing::PostgresServer::programs(why);
  if (programs.empty()) GTEST_SKIP() << why;
  mlopsctl::testing::PostgresServer server(programs);
  const mlopsctl::testing::TemporaryFolder folder;
  server.kill();
  KeeperOptions options;
  options.address = parse_address(server.url(), "the test").value();
  options.record = true;
  options.recorder.spool = folder / "spool";
  options.gke_twitter = true;
  std::mutex mutex;
  std::vector<std::string> said;
  options.say = [&](const std::string& line) {
    const std::lock_guard guard(mutex);
    said.push_back(line);
  };
  const auto keeper = Keeper::start(std::move(options)).value();
  EXPECT_THAT(said.at(0), HasSubstr("; serving without it until it can be reached"));
  const auto routes = keeper->routes();
  const Response tweets = ask(routes, "GET", "/tweets");
  EXPECT_EQ(tweets.status, 503);
  EXPECT_EQ(tweets.headers.at(0).name, "retry-after");
  EXPECT_THAT(tweets.body, HasSubstr("the store cannot be reached now"));
  expect(ask(routes, "POST", "/insert_tweet_data", R"({"user_id": "a", "tweet_content": "b"})"), 500, "{\"result\":\"internal server error\"}\n");
  tell(keeper->observer(), "request-1", {"good"});
  server.start();
  for (int tries = 0; keeper->state().delivered < 1 && tries < 20'000; ++tries) ::usleep(1000);
  EXPECT_EQ(keeper->state().delivered, 1u);
}

}  // namespace
}  // namespace mlopsctl::serve::store
