#include "stages/retrain/swap.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::retrain {
namespace {

const TimePoint now = *from_rfc3339("2026-03-12T00:00:00Z");

class SwapTest : public ::testing::Test {
 protected:
  SwapTest() {
    WindowPolicy window;
    window.input = "train";
    window.path = "data/window.csv";
    window.options.label = "label";
    window.from = {"rows.csv"};
    policy_.windows = {window};
    folder_.write("rows.csv", "text,label\n1,x\n");
  }
  Attempt prepared() {
    const auto made = swap_.prepare(journal_, now, cancel_);
    EXPECT_TRUE(made.ok()) << made.error().message;
    Attempt attempt;
    attempt.windows = made->windows;
    return attempt;
  }
  std::string file() const { return read_file(folder_ / "data/window.csv").ok() ? *read_file(folder_ / "data/window.csv") : "none"; }

  testing::TemporaryFolder folder_;
  Policy policy_;
  Swap swap_{policy_, folder_.path(), folder_ / "kept"};
  Journal journal_;
  CancelToken cancel_;
};

TEST_F(SwapTest, BringsTheWindowAndPutsBackWhatWasThere) {
  journal_.attempts.push_back(prepared());
  EXPECT_EQ(file(), "none");  // prepared is not installed
  ASSERT_TRUE(swap_.install(journal_.attempts.back()).ok());
  EXPECT_EQ(file(), "text,label\n1,x\n");
  ASSERT_TRUE(swap_.put_back(journal_.attempts.back()).ok());
  EXPECT_EQ(file(), "text,label\n1,x\n");  // there was nothing before

  folder_.write("rows.csv", "text,label\n1,x\n2,x\n");
  journal_.attempts.push_back(prepared());
  ASSERT_TRUE(swap_.install(journal_.attempts.back()).ok());
  ASSERT_TRUE(swap_.install(journal_.attempts.back()).ok());  // after a crash
  EXPECT_EQ(file(), "text,label\n1,x\n2,x\n");
  ASSERT_TRUE(swap_.put_back(journal_.attempts.back()).ok());
  ASSERT_TRUE(swap_.put_back(journal_.attempts.back()).ok());
  EXPECT_EQ(file(), "text,label\n1,x\n");
  ASSERT_TRUE(swap_.forget().ok());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "kept"));
}

TEST_F(SwapTest, NeverReplacesAFileOfTheUsers) {
  folder_.write("data/window.csv", "text,label\nmine,x\n");
  const auto made = swap_.prepare(journal_, now, cancel_);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().message, "data/window.csv was not written by retrain, and the window of train would replace it");
  EXPECT_EQ(made.error().hint, "let inputs.train.path name a file that is not there yet, and name data/window.csv in retrain.windows.train.from");
  EXPECT_EQ(file(), "text,label\nmine,x\n");
}

TEST_F(SwapTest, LeavesWhatTheUserChangedMeanwhile) {
  const Attempt attempt = prepared();
  folder_.write("data/window.csv", "text,label\nmine,x\n");  // after a crash
  const Status refused = swap_.install(attempt);
  EXPECT_EQ(refused.error().message, "data/window.csv was changed while the training was under way, and the window of train would replace it");
  EXPECT_EQ(refused.error().hint, "move it to another place and call retrain again");
  EXPECT_EQ(file(), "text,label\nmine,x\n");
}

TEST_F(SwapTest, PutsBackAllThatCanBe) {
  journal_.attempts.push_back(prepared());
  ASSERT_TRUE(swap_.install(journal_.attempts.back()).ok());
  folder_.write("rows.csv", "text,label\n1,x\n2,x\n");
  Attempt attempt = prepared();
  ASSERT_TRUE(swap_.install(attempt).ok());
  Attempt::Written lost = attempt.windows.front();
  lost.input = "gone";  // a window that the pipeline file has no more
  attempt.windows.insert(attempt.windows.begin(), lost);
  EXPECT_EQ(swap_.put_back(attempt).error().message, "the training that is under way has a window of gone, and the pipeline file has none any more");
  EXPECT_EQ(file(), "text,label\n1,x\n");
}

TEST_F(SwapTest, SaysWhatItHasLost) {
  const Attempt attempt = prepared();
  folder_.write("kept/train.next", "other");
  EXPECT_EQ(swap_.install(attempt).error().message,
            (folder_ / "kept/train.next").string() + " has been changed; the training cannot go on with the rows that were chosen for it");
  ASSERT_TRUE(swap_.forget().ok());
  EXPECT_EQ(swap_.install(attempt).error().message,
            (folder_ / "kept/train.next").string() + " is gone; the training cannot go on with the rows that were chosen for it");
  policy_.windows.clear();
  EXPECT_EQ(swap_.install(attempt).error().message, "the training that is under way has a window of train, and the pipeline file has none any more");
}

}  // namespace
}  // namespace mlopsctl::retrain
