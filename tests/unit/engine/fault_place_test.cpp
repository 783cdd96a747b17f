// Where the faults of a stage are shown to lie.
#include "tests/unit/engine/workbench.hpp"

namespace mlopsctl::engine {
namespace {

TEST(FaultPlace, EveryFaultOfAStageHasOne) {
  Workbench bench;
  PipelineBuilder p;
  bench.folder.write("train.csv", "abc");
  p.input("train", "train.csv");
  bench.registry["picky"] = std::make_unique<FakeStage>(std::vector<OutputDecl>{{"out", "rows"}}, [](StageContext&) -> Status {
    Error error = stage_error("too few");
    error.field = "checks.min_rows";
    error.also.push_back(stage_error("somewhere else"));
    error.also.back().span = SourceSpan{"train.csv", 7, 1, 1, {}};
    error.also.push_back(stage_error("too odd"));
    error.also.back().field = "checks.oddness.limit";
    error.also.push_back(stage_error("anything"));
    return error;
  });
  p.stage("clean", "picky", {"train"});
  p.last().span = SourceSpan{"pipeline.yaml", 3, 3, 5, {}};
  const auto source = std::make_shared<const Source>(Source{"pipeline.yaml", "", {}});
  p.last().fields = {{"checks.min_rows", {source, 5, 9, 1}}, {"checks", {source, 4, 7, 1}}};
  const RunRecord record = bench.run(p);
  const Error& error = *record.stages[0].error;
  const auto told = [](const Error& e) { return e.span->file + ":" + std::to_string(e.span->line) + " " + e.field + ": " + e.message; };
  EXPECT_EQ(told(error), "pipeline.yaml:5 stages.clean.checks.min_rows: too few");
  ASSERT_EQ(error.also.size(), 3u);
  EXPECT_EQ(told(error.also[0]), "train.csv:7 : somewhere else");
  EXPECT_EQ(told(error.also[1]), "pipeline.yaml:4 stages.clean.checks.oddness.limit: too odd");
  EXPECT_EQ(told(error.also[2]), "pipeline.yaml:3 : anything");
}

}  // namespace
}  // namespace mlopsctl::engine
