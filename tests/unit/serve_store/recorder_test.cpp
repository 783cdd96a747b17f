#include "stages/serve/store/recorder.hpp"

#include <atomic>
#include <set>
#include <thread>

#include "stages/serve/store/prediction_line.hpp"
#include "tests/unit/serve_store/databases.hpp"
#include "tests/unit/serve_store/served.hpp"

namespace mlopsctl::serve::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class RecorderTest : public OnBoth {
 protected:
  std::unique_ptr<Recorder> start(RecorderOptions options = {}) {
    options.spool = folder_ / "spool";
    return Recorder::start(address_, options,
                           [this](const std::string& line) {
                             const std::lock_guard guard(mutex_);
                             said_.push_back(line);
                           })
        .value();
  }
  static Observer observer(Recorder& recorder) {
    return [&recorder](const Outcome& outcome) { recorder.observe(outcome); };
  }
  std::vector<Prediction> recorded() {
    std::vector<Prediction> all;
    const auto store = open();
    for (auto page = store->predictions(nullptr, 1000); !page->empty(); page = store->predictions(&all.back(), 1000))
      all.insert(all.end(), page->begin(), page->end());
    return all;
  }
  bool spool_is_empty() const { return std::filesystem::is_empty(folder_ / "spool"); }

  std::mutex mutex_;
  std::vector<std::string> said_;
};
ON_BOTH(RecorderTest);

TEST_P(RecorderTest, KeepsWhatWasSaid) {
  {
    const auto recorder = start();
    tell(observer(*recorder), "request-1", {"good thing1 @ann ann@example.com"});
    tell(observer(*recorder), "request-2", {"bad thing2", "good thing3"});
    ASSERT_TRUE(recorder->settle(20s));
    EXPECT_EQ(recorder->state().delivered, 3u);
    EXPECT_EQ(recorder->state().spool_bytes, 0u);
  }
  const auto all = recorded();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].prediction_id, "request-1");
  EXPECT_EQ(all[0].text, "good thing1 @user [email]");
  EXPECT_EQ(all[0].label, "pos");
  EXPECT_GT(all[0].confidence, 0.5);
  EXPECT_EQ(all[0].route, "POST /");
  EXPECT_EQ(all[0].model, "feedback@3");
  EXPECT_EQ(all[0].model_digest, digest_of("model").str());
  const Json probabilities = Json::parse(all[0].probabilities);
  EXPECT_NEAR(probabilities["neg"].get<double>() + probabilities["pos"].get<double>(), 1, 1e-6);
  EXPECT_NEAR(all[0].confidence, probabilities["pos"].get<double>(), 1e-6);
  EXPECT_NEAR(static_cast<double>(all[0].created_at), static_cast<double>(milliseconds_now()), 60'000);
  EXPECT_EQ(all[1].prediction_id, "request-2.0");
  EXPECT_EQ(all[1].label, "neg");
  EXPECT_EQ(all[2].prediction_id, "request-2.1");
  EXPECT_TRUE(spool_is_empty());
}

TEST_P(RecorderTest, TakesASampleOfWholeRequests) {
  RecorderOptions options;
  options.sample = 0.25;
  options.redact = false;
  const auto recorder = start(options);
  for (int i = 0; i < 400; ++i) tell(observer(*recorder), "request-" + std::to_string(i), {"good @ann", "bad @bob"});
  ASSERT_TRUE(recorder->settle(20s));
  const auto all = recorded();
  std::map<std::string, int> texts;
  for (const Prediction& each : all) ++texts[each.prediction_id.substr(0, each.prediction_id.find('.'))];
  EXPECT_NEAR(static_cast<double>(texts.size()), 100, 30);
  for (const auto& [request, count] : texts) EXPECT_EQ(count, 2) << request;
  EXPECT_EQ(all[0].text, "good @ann");
}

TEST_P(RecorderTest, ForgetsWhatIsOlderThanItsRetention) {
  std::vector<Prediction> all{prediction(1), prediction(2)};
  all[1].created_at = milliseconds_now();
  ASSERT_TRUE(open()->record(all).ok());
  RecorderOptions options;
  options.retention = 1h;
  const auto recorder = start(options);
  tell(observer(*recorder), "new", {"good"});
  ASSERT_TRUE(recorder->settle(20s));
  const auto left = recorded();
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left[0].prediction_id, "request-2");
  EXPECT_EQ(left[1].prediction_id, "new");
}

TEST_P(RecorderTest, NeitherWaitsNorLosesWhileItsDatabaseRefuses) {
  ASSERT_TRUE(open()->ready().ok());
  sql("ALTER TABLE predictions RENAME TO away");
  {
    RecorderOptions options;
    options.linger = 0ms;
    const auto recorder = start(options);
    for (int i = 0; i < 50; ++i) tell(observer(*recorder), "request-" + std::to_string(i), {"good"});
    EXPECT_FALSE(recorder->settle(300ms));
    EXPECT_FALSE(recorder->state().reachable);
    EXPECT_EQ(recorder->state().dropped, 0u);
  }
  ASSERT_FALSE(said_.empty());
  EXPECT_THAT(said_[0], HasSubstr("; predictions wait in " + (folder_ / "spool").string()));
  EXPECT_FALSE(spool_is_empty());
  sql("ALTER TABLE away RENAME TO predictions");
  {
    const auto recorder = start();  // of the next process
    tell(observer(*recorder), "request-50", {"good"});
    ASSERT_TRUE(recorder->settle(20s));
  }
  EXPECT_EQ(recorded().size(), 51u);
  EXPECT_TRUE(spool_is_empty());
}

TEST_P(RecorderTest, DropsAndCountsWhatFindsTheSpoolFull) {
  RecorderOptions options;
  options.spool_bytes = 10;
  const auto recorder = start(options);
  tell(observer(*recorder), "a", {"good"});
  ASSERT_TRUE(recorder->settle(20s));
  EXPECT_EQ(recorder->state().dropped, 1u);
  EXPECT_THAT(said_, ElementsAre("predictions are not recorded: the spool " + (folder_ / "spool").string() + " is full: 0 of 10 bytes wait"));
}

TEST(PredictionLine, ReadsBackWhatItWrote) {
  Prediction before = prediction(7);
  before.text = "a \"quoted\" \\ back, \n line, \x01 control, \xC3\xBC \xF0\x9F\x98\xA0";
  before.probabilities = to_probabilities(std::vector<std::string>{"\"a\"", "b\n"}, std::vector<float>{0.1F, 1e-9F});
  EXPECT_EQ(Json::parse(before.probabilities), Json::parse(R"({"\"a\"": 0.1, "b\n": 1e-9})"));
  const std::string line = to_line(before);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const Prediction after = from_line(line).value();
  EXPECT_EQ(after.key, before.key);
  EXPECT_EQ(after.prediction_id, before.prediction_id);
  EXPECT_EQ(after.created_at, before.created_at);
  EXPECT_EQ(after.route, before.route);
  EXPECT_EQ(after.model, before.model);
  EXPECT_EQ(after.model_digest, before.model_digest);
  EXPECT_EQ(after.text, before.text);
  EXPECT_EQ(after.label, before.label);
  EXPECT_EQ(after.confidence, before.confidence);
  EXPECT_EQ(after.probabilities, before.probabilities);
  EXPECT_FALSE(from_line("{}").ok());
  EXPECT_FALSE(from_line("{").ok());
}

// The server of the database is killed and started again, and again, while predictions are recorded by two processes' worth of recorders.
TEST(RecorderOnPostgres, LosesAndDoublesNothingWhenPostgresIsKilled) {
  std::string why;
  const auto programs = mlopsctl::testing::PostgresServer::programs(why);
  if (programs.empty()) GTEST_SKIP() << why;
  const mlopsctl::testing::TemporaryFolder folder;
  mlopsctl::testing::PostgresServer server(programs);
  const Address address = parse_address(server.url(), "the test").value();
  std::atomic<bool> stop{false};
  std::atomic<int> asked{0};
  {
    RecorderOptions options;
    options.spool = folder / "spool";
    std::vector<std::unique_ptr<Recorder>> recorders;
    for (int i = 0; i < 2; ++i) recorders.push_back(Recorder::start(address, options, [](const std::string&) {}).value());
    {
      std::vector<std::jthread> clients;
      for (auto& recorder : recorders)
        clients.emplace_back([&, recorder = recorder.get()] {
          const Observer observer = [recorder](const Outcome& outcome) { recorder->observe(outcome); };
          while (!stop) {
            tell(observer, std::to_string(asked++), {"good thing", "bad thing"});
            std::this_thread::yield();
          }
        });
      const auto delivered = [&] { return recorders[0]->state().delivered + recorders[1]->state().delivered; };
      for (int kill = 0; kill < 3; ++kill) {
        const uint64_t before = delivered();
        while (delivered() < before + 500) std::this_thread::yield();
        server.kill();
        const int meanwhile = asked;
        while (asked < meanwhile + 200) std::this_thread::yield();  // nobody waits for the database
        server.start();
      }
      stop = true;
    }
    for (auto& recorder : recorders) {
      ASSERT_TRUE(recorder->settle(60s));
      EXPECT_EQ(recorder->state().dropped, 0u);
    }
  }
  const CancelToken cancel;
  const auto connection = postgres_connection(address, cancel);
  ASSERT_TRUE(connection->connect().ok());
  EXPECT_EQ(connection->run("SELECT count(*) FROM predictions")->integer(0, 0), 2 * asked);
  EXPECT_EQ(connection->run("SELECT count(DISTINCT prediction_id) FROM predictions")->integer(0, 0), 2 * asked);
  EXPECT_TRUE(std::filesystem::is_empty(folder / "spool"));
}

}  // namespace
}  // namespace mlopsctl::serve::store
