#include "tests/unit/serve_store/databases.hpp"

#include <atomic>
#include <latch>
#include <thread>

#include "stages/serve/store/workers.hpp"

namespace mlopsctl::serve::store {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

class StoreTest : public OnBoth {};
ON_BOTH(StoreTest);

TEST_P(StoreTest, KeepsTweetsAndTheirSentiment) {
  const auto store = open();
  EXPECT_EQ(store->tweets(0, 10)->total, 0);
  const auto first = store->add_tweet("ann", "late again \xF0\x9F\x98\xA0", 1'700'000'000'123), second = store->add_tweet("bob", "lovely crew", 7);
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_LT(*first, *second);
  EXPECT_TRUE(*store->set_sentiment(*second, "positive"));
  EXPECT_FALSE(*store->set_sentiment(*second + 1, "positive"));

  const auto page = open()->tweets(0, 10);
  ASSERT_EQ(page->tweets.size(), 2u);
  EXPECT_EQ(page->total, 2);
  EXPECT_EQ(page->tweets[0].id, *first);
  EXPECT_EQ(page->tweets[0].user_id, "ann");
  EXPECT_EQ(page->tweets[0].tweet_content, "late again \xF0\x9F\x98\xA0");
  EXPECT_EQ(page->tweets[0].created_at, 1'700'000'000'123);
  EXPECT_EQ(page->tweets[0].sentiment, std::nullopt);
  EXPECT_EQ(page->tweets[1].sentiment, "positive");
}

TEST_P(StoreTest, PagesThroughTweets) {
  const auto store = open();
  std::vector<int64_t> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(store->add_tweet("u", std::to_string(i), i).value());
  std::vector<int64_t> seen;
  for (int64_t after = 0;;) {
    const auto page = store->tweets(after, 2);
    EXPECT_EQ(page->total, 5);
    if (page->tweets.empty()) break;
    for (const Tweet& tweet : page->tweets) seen.push_back(after = tweet.id);
  }
  EXPECT_EQ(seen, ids);
}

TEST_P(StoreTest, TakesWhatTheOtherWouldRefuse) {
  const auto store = open();
  ASSERT_TRUE(store->add_tweet("", std::string_view("a\0b\xFF", 4), 0).ok());
  EXPECT_EQ(store->tweets(0, 1)->tweets[0].tweet_content,
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  ASSERT_TRUE(store->add_tweet("x'); DROP TABLE tweets; --", "$1 %s \\ '' \"\"", 0).ok());
  EXPECT_EQ(store->tweets(1, 1)->tweets[0].user_id, "x'); DROP TABLE tweets; --");
}

TEST_P(StoreTest, RecordsEachPredictionOnce) {
  const auto store = open();
  std::vector<Prediction> all;
  for (int64_t i = 0; i < 150; ++i) all.push_back(prediction(i));
  ASSERT_TRUE(store->record(std::span(all).first(100)).ok());
  ASSERT_TRUE(store->record(all).ok());  // delivered again, and more
  ASSERT_TRUE(store->record(std::span(all).first(3)).ok());
  EXPECT_EQ(*store->prediction_count(), 150);

  std::vector<Prediction> read;
  for (auto page = store->predictions(nullptr, 64); !page->empty(); page = store->predictions(&read.back(), 64))
    read.insert(read.end(), page->begin(), page->end());
  ASSERT_EQ(read.size(), 150u);
  for (size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].key, all[i].key);
    EXPECT_EQ(read[i].prediction_id, all[i].prediction_id);
    EXPECT_EQ(read[i].created_at, all[i].created_at);
    EXPECT_EQ(read[i].text, all[i].text);
    EXPECT_EQ(read[i].label, all[i].label);
    EXPECT_EQ(read[i].confidence, all[i].confidence);
    EXPECT_EQ(read[i].probabilities, all[i].probabilities);
    EXPECT_EQ(read[i].feedback, std::nullopt);
  }
}

TEST_P(StoreTest, KeepsTheLastFeedbackOfEachSource) {
  const auto store = open();
  const std::vector<Prediction> all{prediction(1), prediction(2)};
  EXPECT_FALSE(*store->add_feedback("request-1", "ann", "negative", 1));
  ASSERT_TRUE(store->record(all).ok());
  EXPECT_TRUE(*store->add_feedback("request-1", "ann", "negative", 1));
  EXPECT_TRUE(*store->add_feedback("request-1", "bob", "neutral", 3));
  EXPECT_TRUE(*store->add_feedback("request-1", "ann", "positive", 2));  // ann thought again
  EXPECT_EQ((*store->predictions(nullptr, 1))[0].feedback, "neutral");
  EXPECT_EQ((*store->predictions(&all[0], 1))[0].feedback, std::nullopt);
  const auto rows = connect()->run("SELECT source, label FROM feedback ORDER BY source");
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ(rows->text(0, 1), "positive");
}

TEST_P(StoreTest, ForgetsTheOldAndWhatWasSaidOfThem) {
  const auto store = open();
  std::vector<Prediction> all;
  for (int64_t i = 0; i < 10; ++i) all.push_back(prediction(i));
  ASSERT_TRUE(store->record(all).ok());
  ASSERT_TRUE(*store->add_feedback("request-0", "ann", "negative", 1));
  ASSERT_TRUE(*store->add_feedback("request-9", "ann", "negative", 1));
  EXPECT_EQ(*store->forget(1007, 5), 5);
  EXPECT_EQ(*store->forget(1007, 5), 2);
  EXPECT_EQ(*store->forget(1007, 5), 0);
  EXPECT_EQ(*store->prediction_count(), 3);
  EXPECT_EQ(connect()->run("SELECT prediction_id FROM feedback")->text(0, 0), "request-9");
}

TEST_P(StoreTest, RefusesANewerSchema) {
  ASSERT_TRUE(open()->ready().ok());
  sql("UPDATE mlopsctl_schema SET version = 7");
  const auto ready = open()->ready();
  ASSERT_FALSE(ready.ok());
  EXPECT_EQ(ready.error().kind, ErrorKind::config);
  EXPECT_EQ(ready.error().message, address_.shown + " was written by a newer mlopsctl (its schema is version 7, this one knows versions up to 1)");
  EXPECT_EQ(ready.error().hint, "use the newer mlopsctl, or another database");
}

TEST_P(StoreTest, ManyMigrateAtOnce) {
  constexpr int processes = 6;
  std::latch begin(processes);
  std::vector<std::string> faults(processes);
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < processes; ++i)
      threads.emplace_back([&, i] {
        const auto store = open();
        begin.arrive_and_wait();
        if (auto ready = store->ready(); !ready) faults[i] = ready.error().message;
        else if (auto added = store->add_tweet("u", "t", 0); !added) faults[i] = added.error().message;
      });
  }
  EXPECT_THAT(faults, ::testing::Each(std::string()));
  EXPECT_EQ(open()->tweets(0, 100)->total, processes);
  EXPECT_EQ(connect()->run("SELECT version FROM mlopsctl_schema")->size(), 1u);
}

TEST_P(StoreTest, SaysWhatWasRefused) {
  sql("CREATE TABLE tweets (other BIGINT)");
  const auto ready = open()->ready();
  ASSERT_FALSE(ready.ok());
  EXPECT_THAT(ready.error().message, AnyOf(HasSubstr("table tweets already exists"), HasSubstr("relation \"tweets\" already exists (SQLSTATE 42P07)")));
  sql("DROP TABLE tweets");
  EXPECT_TRUE(open()->ready().ok());  // nothing half done is in the way
}

TEST(StoreOnSqlite, IsForItsOwnersEyes) {
  const mlopsctl::testing::TemporaryFolder folder;
  const CancelToken cancel;
  const auto store = make_store(parse_address("sqlite:" + (folder / "new/store.db").string(), "the test").value(), cancel);
  ASSERT_TRUE(store->add_tweet("u", "t", 0).ok());
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "new")) {
    ++files;
    EXPECT_EQ(entry.status().permissions(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write) << entry.path();
  }
  EXPECT_GE(files, 1);
}

TEST(StoreOnPostgres, OutlivesItsServer) {
  std::string why;
  const auto programs = mlopsctl::testing::PostgresServer::programs(why);
  if (programs.empty()) GTEST_SKIP() << why;
  mlopsctl::testing::PostgresServer server(programs);
  const CancelToken cancel;
  const auto store = make_store(parse_address(server.url(), "the test").value(), cancel);
  ASSERT_TRUE(store->add_tweet("u", "before", 0).ok());
  server.kill();
  const auto down = store->add_tweet("u", "meanwhile", 0);
  ASSERT_FALSE(down.ok());
  EXPECT_EQ(down.error().kind, ErrorKind::cluster);
  EXPECT_THAT(down.error().message, HasSubstr("cannot reach postgresql://tester@/postgres?host="));
  server.start();
  ASSERT_TRUE(store->add_tweet("u", "after", 0).ok());  // on a new connection
  EXPECT_EQ(store->tweets(0, 10)->total, 2);
}

TEST(StoreOnPostgres, StopsWaitingForAServerThatDoesNotAnswer) {
  std::string why;
  const auto programs = mlopsctl::testing::PostgresServer::programs(why);
  if (programs.empty()) GTEST_SKIP() << why;
  mlopsctl::testing::PostgresServer server(programs);
  CancelToken cancel;
  const auto store = make_store(parse_address(server.url(), "the test").value(), cancel);
  server.freeze();
  std::jthread later([&] { cancel.cancel(); });
  const auto ready = store->ready();
  server.thaw();
  ASSERT_FALSE(ready.ok());
  EXPECT_THAT(ready.error().message, HasSubstr(": it did not answer in time"));
}

// Whoever waits behind the first that found the database silent is told at once, instead of finding it out one after the other.
TEST(WorkersOnPostgres, AskASilentDatabaseOnceNotForEachJob) {
  std::string why;
  const auto programs = mlopsctl::testing::PostgresServer::programs(why);
  if (programs.empty()) GTEST_SKIP() << why;
  mlopsctl::testing::PostgresServer server(programs);
  std::atomic<int> asked{0};
  std::mutex mutex;
  std::vector<std::string> told;
  constexpr int jobs = 12;
  std::latch all(jobs);
  Workers workers(parse_address(server.url(), "the test").value(), 2, jobs);
  server.freeze();
  for (int i = 0; i < jobs; ++i)
    workers.submit({SteadyTime::max(),
                    [&](Store& store) {
                      ++asked;
                      return store.ready();
                    },
                    [&](const Error& error) {
                      const std::lock_guard guard(mutex);
                      told.push_back(error.message);
                      all.count_down();
                    }});
  all.wait();
  server.thaw();
  EXPECT_LE(asked, 2) << "one for each thread";
  EXPECT_EQ(std::count(told.begin(), told.end(), "the store could not be reached a moment ago"), jobs - asked);
}

}  // namespace
}  // namespace mlopsctl::serve::store
