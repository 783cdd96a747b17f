#include "stages/retrain/journal.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::retrain {
namespace {

Attempt attempt() {
  Attempt attempt;
  attempt.key = "0123456789abcdef";
  attempt.at = *from_rfc3339("2026-03-12T03:00:00.5Z");
  attempt.reasons = {{"drift", "sha256:1"}, {"labels", "after 1000"}};
  attempt.model = digest_of("old");
  attempt.counted = 1200;
  attempt.windows = {{"train", digest_of("rows"), digest_of("rows of before"), 500, 100}, {"test", digest_of("others"), std::nullopt, 50, 0}};
  return attempt;
}

TEST(Journal, ReadsWhatItWrote) {
  testing::TemporaryFolder folder;
  Journal journal;
  journal.first_counted = 1000;
  journal.attempts = {attempt(), attempt()};
  journal.attempts[0].state = Attempt::State::accepted;
  journal.attempts[0].run = "20260312-030000-aaaa";
  journal.attempts[0].ended = *from_rfc3339("2026-03-12T03:05:00Z");
  journal.attempts[0].new_model = digest_of("new");
  ASSERT_TRUE(journal.save(folder / "state/retrain/reviews.json").ok());
  const auto read = Journal::load(folder / "state/retrain/reviews.json");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->first_counted, 1000);
  ASSERT_EQ(read->attempts.size(), 2U);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(to_json(read->attempts[i]), to_json(journal.attempts[i]));
  EXPECT_EQ(read->last_judged(), &read->attempts[0]);
  EXPECT_EQ(read->counted(), 1200);
}

TEST(Journal, IsEmptyWhereThereIsNone) {
  testing::TemporaryFolder folder;
  const auto read = Journal::load(folder / "none.json");
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->attempts.empty());
  EXPECT_EQ(read->counted(), std::nullopt);
}

TEST(Journal, KnowsWhatItWroteAndWhatItPutBack) {
  Journal journal;
  journal.attempts = {attempt()};
  EXPECT_TRUE(journal.wrote("train", digest_of("rows")));
  EXPECT_TRUE(journal.wrote("train", digest_of("rows of before")));
  EXPECT_FALSE(journal.wrote("train", digest_of("others")));
  EXPECT_FALSE(journal.wrote("test", Digest()));
}

TEST(Journal, RefusesWhatIsNone) {
  testing::TemporaryFolder folder;
  folder.write("a.json", R"({"format": "mlopsctl-retrain-2"})");
  const auto other = Journal::load(folder / "a.json");
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().message, (folder / "a.json").string() + " is of another format than mlopsctl-retrain-1");
  folder.write("b.json", R"({"format": "mlopsctl-retrain-1", "first_counted": null, "attempts": [{}]})");
  const auto broken = Journal::load(folder / "b.json");
  ASSERT_FALSE(broken.ok());
  EXPECT_TRUE(broken.error().message.starts_with((folder / "b.json").string() + " is no journal of retraining: ")) << broken.error().message;
  EXPECT_EQ(broken.error().hint, "restore it from a backup");
}

}  // namespace
}  // namespace mlopsctl::retrain
