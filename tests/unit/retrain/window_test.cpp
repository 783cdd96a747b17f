#include "stages/retrain/window.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::retrain {
namespace {

const TimePoint today = *from_rfc3339("2026-03-12T00:00:00Z");

WindowPolicy policy(std::vector<std::string> from) {
  WindowPolicy policy;
  policy.input = "train";
  policy.path = "window.csv";
  policy.options.text = "text";
  policy.options.label = "label";
  policy.from = std::move(from);
  return policy;
}

class Window : public ::testing::Test {
 protected:
  std::string written(const WindowPolicy& policy, uint64_t seed = 1) {
    const auto made = write_window(policy, folder_.path(), today, seed, folder_ / "out.csv", cancel_);
    if (!made) return "error: " + made.error().message;
    chosen_ = *made;
    const std::string text = *read_file(folder_ / "out.csv");
    EXPECT_EQ(chosen_.digest, digest_of(text));
    return text;
  }

  testing::TemporaryFolder folder_;
  CancelToken cancel_;
  Chosen chosen_;
};

TEST_F(Window, TakesEveryLabelledRowAndQuotesAsNeeded) {
  folder_.write("a.csv", "text,label\n\"one, two\",good\nnobody knows,\nthree\nfour,bad\n");
  EXPECT_EQ(written(policy({"a.csv"})), "text,label\n\"one, two\",good\nfour,bad\n");
  EXPECT_EQ(chosen_.rows, 2);
  EXPECT_EQ(chosen_.older, 0);
  EXPECT_EQ(chosen_.unlabelled, 1);
  EXPECT_EQ(chosen_.unread, 1);
}

TEST_F(Window, TakesTheLastRowsOfAllSources) {
  folder_.write("a.csv", "text,label\n1,x\n2,x\n");
  folder_.write("b.csv", "text,label\n3,x\n4,x\n");
  WindowPolicy three = policy({"a.csv", "b.csv"});
  three.rows = 3;
  EXPECT_EQ(written(three), "text,label\n2,x\n3,x\n4,x\n");
}

TEST_F(Window, TakesTheRowsOfTheLastTime) {
  folder_.write(
      "a.csv", "at,text,label\n2026-03-01T00:00:00Z,old,x\n2026-03-02,edge,x\n2026-03-11T10:00:00+02:00,new,x\n1773273600,at midnight,x\nsometime,undated,x\n");
  WindowPolicy ten_days = policy({"a.csv"});
  ten_days.time = "at";
  ten_days.since = std::chrono::days(10);
  EXPECT_EQ(written(ten_days), "at,text,label\n2026-03-02,edge,x\n2026-03-11T10:00:00+02:00,new,x\n1773273600,at midnight,x\n");
  EXPECT_EQ(chosen_.undated, 1);
  ten_days.reservoir = 10;
  EXPECT_EQ(chosen_.older, 0);
  EXPECT_EQ(written(ten_days), *read_file(folder_ / "a.csv"));
  EXPECT_EQ(chosen_.older, 2);
}

TEST_F(Window, DrawsOlderRowsUniformlyAndBySeed) {
  std::string rows = "text,label\n";
  for (int i = 0; i < 40; ++i) rows += std::to_string(i) + ",x\n";
  folder_.write("a.csv", rows);
  WindowPolicy mixed = policy({"a.csv"});
  mixed.rows = 20;
  mixed.reservoir = 5;
  const std::string first = written(mixed, 7);
  EXPECT_EQ(chosen_.rows, 25);
  EXPECT_EQ(chosen_.older, 5);
  EXPECT_EQ(written(mixed, 7), first);
  EXPECT_NE(written(mixed, 8), first);
  EXPECT_TRUE(first.ends_with("20,x\n21,x\n22,x\n23,x\n24,x\n25,x\n26,x\n27,x\n28,x\n29,x\n30,x\n31,x\n32,x\n33,x\n34,x\n35,x\n36,x\n37,x\n38,x\n39,x\n"));

  // Each of the 20 older rows is drawn by a quarter of the seeds: of 100 by 25, standard deviation 4.3; five of these either way.
  std::map<std::string, int> drawn;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const std::string text = written(mixed, seed);
    for (int i = 0; i < 20; ++i)
      if (text.find("\n" + std::to_string(i) + ",x\n") != std::string::npos) ++drawn[std::to_string(i)];
  }
  for (const auto& [row, times] : drawn) EXPECT_NEAR(times, 25, 21.5) << row;
  EXPECT_EQ(drawn.size(), 20U);
}

TEST_F(Window, KeepsJsonLinesAsTheyAre) {
  folder_.write("a.jsonl", "{\"text\": \"one\", \"label\": \"x\", \"n\": 1}\n{\"label\": \"y\", \"text\": \"two\"}\n{\"text\": \"three\"}\n");
  WindowPolicy lines = policy({"a.jsonl"});
  lines.path = "window.jsonl";
  EXPECT_EQ(written(lines), "{\"text\": \"one\", \"label\": \"x\", \"n\": 1}\n{\"label\": \"y\", \"text\": \"two\"}\n");
}

TEST_F(Window, IsWrittenAsTheInputIsRead) {
  // Neither a header nor UTF-8, as Sentiment140 is; then tabs, and no quotes.
  folder_.write("a.csv", "0,1,\"so \x93good\x94, caf\xE9\"\n4,2,bad \x80\n,3,nobody knows\n");
  WindowPolicy tweets = policy({"a.csv"});
  tweets.options.table.header = false;
  tweets.options.table.encoding = data::Encoding::latin1;
  tweets.options.label = "0";
  EXPECT_EQ(written(tweets), "0,1,\"so \x93good\x94, caf\xE9\"\n4,2,bad \x80\n");
  folder_.write("a.tsv", "text\tlabel\nsay \"hi\", they said\tx\n");
  WindowPolicy tabs = policy({"a.tsv"});
  tabs.path = "window.tsv";
  tabs.options.table.quotes = false;
  EXPECT_EQ(written(tabs), "text\tlabel\nsay \"hi\", they said\tx\n");
  folder_.write("b.csv", "text;label\n\"one; two, three\";x\n");
  WindowPolicy semicolons = policy({"b.csv"});
  semicolons.options.table.delimiter = ';';
  EXPECT_EQ(written(semicolons), *read_file(folder_ / "b.csv"));
  folder_.write("a.jsonl", "{\"text\": \"caf\xE9\", \"label\": \"x\"}\n");
  WindowPolicy lines = policy({"a.jsonl"});
  lines.path = "window.jsonl";
  lines.options.table.encoding = data::Encoding::latin1;
  EXPECT_EQ(written(lines), *read_file(folder_ / "a.jsonl"));
}

TEST_F(Window, SaysWhatIsWrong) {
  folder_.write("a.csv", "text,label\n1,x\n");
  folder_.write("b.csv", "label,text\nx,2\n");
  folder_.write("c.csv", "text,label\nnobody,\n");
  EXPECT_EQ(written(policy({"a.csv", "b.csv"})), "error: b.csv has the columns label, text; a.csv has text, label");
  EXPECT_EQ(written(policy({"c.csv"})), "error: the window of train is empty: no labelled row in c.csv is new enough");
  EXPECT_TRUE(written(policy({"d.csv"})).starts_with("error: ")) << written(policy({"d.csv"}));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.csv"));
  cancel_.cancel();
  EXPECT_EQ(written(policy({"a.csv"})), "error: interrupted while choosing rows");
}

TEST_F(Window, CountsEachSourceOnce) {
  folder_.write("a.csv", "text,label\n1,x\n2,\n3,x\n");
  folder_.write("b.csv", "text,label\n4,x\n");
  const auto rows = count_labelled({policy({"a.csv", "b.csv"}), policy({"b.csv"})}, folder_.path(), cancel_);
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(*rows, 3);
}

}  // namespace
}  // namespace mlopsctl::retrain
