// A run that is asked to stop.
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/engine/workbench.hpp"

namespace mlopsctl::engine {
namespace {

class Cancelled : public ::testing::TestWithParam<const char*> {
 protected:
  Cancelled() {
    bench.options.runner = GetParam();
    bench.folder.write("train.csv", "abc");
    bench.p.input("train", "train.csv");
  }
  // A stage that ends like this when it is asked to.
  static std::unique_ptr<Stage> endless(std::function<Status()> ends) {
    return std::make_unique<FakeStage>(std::vector<OutputDecl>{{"out", "rows"}}, [ends = std::move(ends)](StageContext& context) -> Status {
      while (!context.cancel().cancelled()) ::usleep(1000);
      return ends();
    });
  }

  struct Bench : Workbench {
    PipelineBuilder p;
  } bench;
};
INSTANTIATE_TEST_SUITE_P(Runners, Cancelled, ::testing::Values("process", "thread"), [](const auto& param) { return std::string(param.param); });

TEST_P(Cancelled, TellsWhatGoesWrongOnTheWayOut) {
  bench.registry["endless"] =
      endless([]() -> Status { return stage_error("cannot write to state.json: No space left on device").note("while saving a checkpoint"); });
  bench.p.stage("a", "endless", {"train"});
  bench.reporter.on_tick = [&] { bench.cancel.cancel(); };
  const RunRecord record = bench.run(bench.p);
  EXPECT_EQ(brief(record), "a cancelled");
  EXPECT_EQ(exit_code(record.state), 130);
  ASSERT_TRUE(record.stages[0].error);
  EXPECT_EQ(record.stages[0].error->message, "cannot write to state.json: No space left on device");
}

TEST_P(Cancelled, EndsWhatRunsAndStartsNothing) {
  bench.registry["endless"] = endless([]() -> Status { return {}; });
  bench.p.stage("a", "endless", {"train"}).stage("b", "concat", {"a"}).stage("c", "concat", {"train"});
  bench.reporter.on_tick = [&] { bench.cancel.cancel(); };
  const RunRecord record = bench.run(bench.p);
  EXPECT_EQ(brief(record), "a cancelled, b skipped, c skipped");
  EXPECT_EQ(record.state, RunState::interrupted);
  EXPECT_EQ(exit_code(record.state), 130);
  EXPECT_FALSE(record.stages[0].error);
  EXPECT_TRUE(std::filesystem::is_empty(bench.folder / ".mlopsctl/tmp"));
}

}  // namespace
}  // namespace mlopsctl::engine
