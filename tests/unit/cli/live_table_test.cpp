#include "cli/live_table.hpp"

#include <gtest/gtest.h>

#include "cli/text_width.hpp"

namespace mlopsctl::cli {
namespace {

using std::chrono::milliseconds;

engine::Plan plan_of(int stages) {
  engine::Plan plan;
  plan.pipeline = "p";
  plan.expected_seconds = 60;
  for (int i = 0; i < stages; ++i) {
    engine::PlannedStage stage;
    stage.name = "stage" + std::to_string(i);
    stage.kind = "train";
    stage.expected_seconds = 10;
    plan.stages.push_back(stage);
  }
  return plan;
}

Screen screen_of(int width, int height) {
  Screen screen;
  screen.terminal = true;
  screen.width = width;
  screen.height = height;
  return screen;
}

TEST(LiveTable, ShowsEveryStageOnALine) {
  const Instant start{};
  LiveRun run = live_run(plan_of(3), start);
  run.stages[0].ended = engine::StageState::succeeded;
  run.stages[0].seconds = 2.5;
  run.stages[1].running = true;
  run.stages[1].started = start + milliseconds(2500);
  run.stages[1].fraction = 0.5;
  run.stages[1].what = "fitting";
  const auto lines = live_lines(run, start + milliseconds(6500), screen_of(100, 24));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "+ stage0  train  succeeded                    2.5 s");
  EXPECT_EQ(lines[1], "| stage1  train  running    [#######.......]  4.0 s, about 6.0 s left  fitting");
  EXPECT_EQ(lines[2], ". stage2  train  waiting                      about 10 s");
  EXPECT_EQ(lines[3], "1 of 3 done, 6.5 s, about 54 s left");
}

TEST(LiveTable, GivesALineOfItsOwnToWhatDoesNotFit) {
  const Instant start{};
  LiveRun run = live_run(plan_of(2), start);
  run.stages[0].running = true;
  run.stages[0].started = start;
  run.stages[0].fraction = 0.5;
  run.stages[0].what = "epoch 1/3, loss 0.412, 1,670 tokens/s, 14 s left";
  const auto at = [&](int width, int height) { return live_lines(run, start + milliseconds(4000), screen_of(width, height)); };
  const auto narrow = at(80, 24);
  ASSERT_EQ(narrow.size(), 4u);
  EXPECT_EQ(narrow[0], "| stage0  train  running    [#######.......]  4.0 s");
  EXPECT_EQ(narrow[1], "    epoch 1/3, loss 0.412, 1,670 tokens/s, 14 s left");
  EXPECT_EQ(at(120, 24)[0], "| stage0  train  running    [#######.......]  4.0 s  epoch 1/3, loss 0.412, 1,670 tokens/s, 14 s left");
  EXPECT_EQ(at(120, 24).size(), 3u);
  const auto low = at(80, 4);
  ASSERT_EQ(low.size(), 3u) << "no room for a second line";
  EXPECT_EQ(low[0], "| stage0  train  running    [#######.......]  4.0 s  epoch 1/3, loss 0.412, 1,.");
}

TEST(LiveTable, NeverGoesBeyondTheScreen) {
  const Instant start{};
  LiveRun run = live_run(plan_of(300), start);
  for (auto& stage : run.stages) stage.name += "-\u4f60\u597d-with-a-long-name-that-goes-on";
  run.stages[200].running = true;
  run.stages[200].what = std::string(300, 'w');
  run.stages[3].ended = engine::StageState::failed;
  for (const int width : {20, 40, 52, 64, 72, 80, 200}) {
    for (const int height : {3, 10, 24}) {
      const auto lines = live_lines(run, start + milliseconds(1000), screen_of(width, height));
      EXPECT_LT(static_cast<int>(lines.size()), height);
      for (const auto& line : lines) EXPECT_LT(display_width(line), std::max(width, 28)) << line;
    }
  }
  const auto lines = live_lines(run, start, screen_of(80, 10));
  EXPECT_NE(lines[0].find("stage200"), std::string::npos);
  EXPECT_NE(lines[1].find("failed"), std::string::npos);
  EXPECT_EQ(lines[lines.size() - 2], "  and 293 more stages");
}

TEST(LiveTable, EstimatesByHistoryThenByProgress) {
  const Instant start{};
  LiveStage stage;
  stage.running = true;
  stage.started = start;
  EXPECT_FALSE(remaining(stage, start + milliseconds(5000)).has_value());
  stage.expected = 8;
  EXPECT_DOUBLE_EQ(*remaining(stage, start + milliseconds(5000)), 3);
  stage.fraction = 0.8;
  EXPECT_DOUBLE_EQ(*remaining(stage, start + milliseconds(16000)), 4);
}

TEST(ProgressBar, IsExactlyAsWideAsAsked) {
  for (const double fraction : {-1.0, 0.0, 0.01, 0.499, 0.5, 0.97, 1.0, 7.0}) {
    EXPECT_EQ(display_width(progress_bar(fraction, 16, true)), 16) << fraction;
    EXPECT_EQ(display_width(progress_bar(fraction, 16, false)), 16) << fraction;
  }
  EXPECT_EQ(progress_bar(0.5, 10, false), "[####....]");
}

}  // namespace
}  // namespace mlopsctl::cli
