#include "pipeline/engine/plan.hpp"

#include "pipeline/engine/planner.hpp"
#include "tests/unit/engine/workbench.hpp"

namespace mlopsctl::engine {
namespace {

TEST(Reasons, ShortenDigestsForPeople) {
  EXPECT_EQ(to_string(Reason{"input.clean.train", digest_of("a").str(), digest_of("b").str()}),
            "input.clean.train changed sha256:ca978112ca1b -> sha256:3e23e8160039");
  EXPECT_EQ(to_string(Reason{"forced", "", ""}), "forced");
}

TEST(Plan, JsonHasEveryFieldAlways) {
  Plan plan{"p", {PlannedStage{}}, 0};
  plan.stages[0].name = "fit";
  const Json json = to_json(plan);
  EXPECT_EQ(json["expected_seconds"], nullptr);
  EXPECT_EQ(json["nothing_to_do"], false);
  EXPECT_EQ(json["stages"][0]["key"], nullptr);
  EXPECT_EQ(json["stages"][0]["report"], nullptr);
  EXPECT_EQ(json["stages"][0]["action"], "run");
}

// a(3) and b(2) side by side, then c(1) behind both: 4 s with two places, 6 with one.
TEST(ExpectedSeconds, SchedulesWithThePlacesThereAre) {
  Graph graph;
  graph.stages.resize(3);
  graph.stages[2].needs = {0, 1};
  Plan plan{"p", std::vector<PlannedStage>(3), 0};
  plan.stages[0].expected_seconds = 3;
  plan.stages[1].expected_seconds = 2;
  plan.stages[2].expected_seconds = 1;
  EXPECT_DOUBLE_EQ(expected_seconds(graph, plan, 1), 6);
  EXPECT_DOUBLE_EQ(expected_seconds(graph, plan, 2), 4);
  plan.stages[1].action = Action::reuse;
  EXPECT_DOUBLE_EQ(expected_seconds(graph, plan, 1), 4);
  plan.stages[2].expected_seconds = 0;
  EXPECT_DOUBLE_EQ(expected_seconds(graph, plan, 2), 0);
}

}  // namespace
}  // namespace mlopsctl::engine
