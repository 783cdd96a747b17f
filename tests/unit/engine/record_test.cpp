#include "pipeline/engine/run_record.hpp"

#include "pipeline/engine/execution.hpp"
#include "tests/unit/engine/workbench.hpp"

namespace mlopsctl::engine {
namespace {

RunRecord example() {
  RunRecord record;
  record.id = "20260131-081500-3f9a";
  record.pipeline = "p";
  record.started = "2026-01-31T08:15:00.000Z";
  record.finished = "2026-01-31T08:15:02.500Z";
  record.seconds = 2.5;
  record.state = RunState::failed;
  record.provenance = {"c0ffee", "main", "https://example.org/x", true};
  record.versions = {{"mlopsctl", "0.1.0"}};
  record.command = "mlopsctl run";
  StageRun fit;
  fit.name = "fit";
  fit.kind = "train";
  fit.state = StageState::failed;
  fit.reasons = {{"params.c", "1", "2"}};
  fit.key = CacheKey{digest_of("key")};
  fit.parts = {{"seed", "1"}};
  fit.artifacts = {{"model", "model", digest_of("m"), 3}};
  fit.report.metrics["accuracy"] = 0.5;
  fit.error = stage_error("no").with_hint("do");
  record.stages.push_back(fit);
  return record;
}

TEST(RunRecord, ComesBackFromJson) {
  const RunRecord record = example();
  const auto back = record_from_json(to_json(record));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(to_json(*back), to_json(record));
  EXPECT_EQ(back->stage("fit")->error->hint, "do");
  EXPECT_EQ(back->stage("other"), nullptr);
}

TEST(RunRecord, AMangledOneIsAnErrorNotACrash) {
  Json json = to_json(example());
  json["stages"][0]["state"] = "asleep";
  const auto back = record_from_json(json);
  ASSERT_FALSE(back.ok());
  EXPECT_NE(back.error().message.find("\"asleep\" is not a state"), std::string::npos) << back.error().message;
  EXPECT_FALSE(record_from_json(Json::object()).ok());
}

TEST(RunRecord, MetricsThatAreNoNumberSurvive) {
  StageReport report;
  report.metrics["auc"] = std::numeric_limits<double>::quiet_NaN();
  const auto json = parse_json(canonical(to_json(report)), "report");
  const auto back = report_from_json(*json);
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(std::isnan(back->metrics.at("auc")));
}

TEST(RunState, TheWorstDecides) {
  const auto stage = [](StageState state) {
    StageRun run;
    run.state = state;
    return run;
  };
  StageRun refused = stage(StageState::reused);
  refused.report.verdict = Verdict{Outcome::inconclusive, "", {}};
  EXPECT_EQ(state_of({stage(StageState::succeeded), stage(StageState::reused)}, false), RunState::succeeded);
  EXPECT_EQ(state_of({refused, stage(StageState::blocked)}, false), RunState::refused);
  EXPECT_EQ(state_of({refused, stage(StageState::timed_out)}, false), RunState::timed_out);
  EXPECT_EQ(state_of({stage(StageState::timed_out), stage(StageState::failed)}, false), RunState::failed);
  EXPECT_EQ(state_of({stage(StageState::failed), stage(StageState::cancelled)}, true), RunState::interrupted);
  EXPECT_EQ(state_of({stage(StageState::succeeded)}, true), RunState::succeeded);
}

TEST(Verdict, TheWorstCheckDecides) {
  const auto check = [](Outcome outcome) { return Check{"c", outcome, 0, {}, ""}; };
  EXPECT_EQ(worst({}), Outcome::pass);
  EXPECT_EQ(worst({check(Outcome::pass), check(Outcome::inconclusive)}), Outcome::inconclusive);
  EXPECT_EQ(worst({check(Outcome::inconclusive), check(Outcome::fail)}), Outcome::fail);
}

}  // namespace
}  // namespace mlopsctl::engine
