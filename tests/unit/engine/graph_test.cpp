#include "pipeline/engine/graph.hpp"

#include "tests/unit/engine/workbench.hpp"

namespace mlopsctl::engine {
namespace {

std::string names(const Graph& graph) {
  std::string text;
  for (const auto& stage : graph.stages) text += stage.spec->name + " ";
  return text;
}

TEST(Graph, OrdersByDependencyAndThenByFile) {
  Workbench bench;
  PipelineBuilder p;
  p.input("train", "train.csv").stage("judge", "concat", {"fit", "clean"}).stage("fit", "train", {"clean"}).stage("clean", "concat", {"train"});
  p.stage("alone", "concat", {"train"});
  const auto graph = resolve(p.pipeline, bench.registry);
  ASSERT_TRUE(graph.ok());
  EXPECT_EQ(names(*graph), "clean fit judge alone ");
}

TEST(Graph, ExpandsAStageToAllItsOutputsInDeclaredOrder) {
  Workbench bench;
  bench.registry["split"] = std::make_unique<FakeStage>(std::vector<OutputDecl>{{"train", "rows"}, {"test", "rows"}}, [](StageContext&) { return Status(); });
  PipelineBuilder p;
  p.input("raw", "raw.csv").stage("clean", "split", {"raw"}).stage("fit", "train", {"clean"}).stage("judge", "concat", {"fit", "clean.test"});
  const auto graph = resolve(p.pipeline, bench.registry);
  ASSERT_TRUE(graph.ok());
  const auto& fit = graph->stages[1].inputs;
  ASSERT_EQ(fit.size(), 2u);
  EXPECT_EQ(fit[0].shape.name, "clean.train");
  EXPECT_EQ(fit[0].shape.role, "train");
  EXPECT_EQ(fit[0].shape.type, "rows");
  EXPECT_EQ(fit[1].shape.name, "clean.test");
  EXPECT_EQ(graph->stages[2].inputs[1].shape.name, "clean.test");
  EXPECT_EQ(graph->stages[0].inputs[0].shape.type, "source");
}

TEST(Graph, ReportsEveryFaultAtOnceWithPlaceAndSuggestion) {
  Workbench bench;
  PipelineBuilder p;
  p.input("train", "train.csv").stage("clean", "concat", {"train"});
  p.stage("a", "conkat", {"clean"});
  p.stage("b", "concat", {"clean.uot"});
  p.stage("c", "concat", {"claen"});
  p.stage("d", "concat", {"clean", "clean.out"});
  p.stage("e", "concat", {"train"}).model("champion", "clean");
  p.stage("f", "concat", {"a"});  // waits for a faulty stage: no fault of its own
  const auto graph = resolve(p.pipeline, bench.registry);
  ASSERT_FALSE(graph.ok());
  EXPECT_EQ(all_messages(graph.error()),
            "there is no kind of stage \"conkat\"\n"
            "stage clean has no output \"uot\"; it writes out\n"
            "there is no input or stage \"claen\"\n"
            "stage d is given clean.out twice\n"
            "stage clean writes no model; it writes out\n");
  EXPECT_EQ(graph.error().hint, "did you mean concat?");
  EXPECT_EQ(graph.error().also[0].hint, "did you mean clean.out?");
  EXPECT_EQ(graph.error().also[1].hint, "did you mean clean?");
  ASSERT_TRUE(graph.error().also[0].span.has_value());
  EXPECT_EQ(graph.error().also[0].span->line, 42);
  EXPECT_EQ(graph.error().also[0].field, "stages.b.inputs");
  EXPECT_EQ(exit_code(graph.error().kind), 2);
}

TEST(Graph, RefusesACircle) {
  Workbench bench;
  PipelineBuilder p;
  p.stage("a", "concat", {"b"}).stage("b", "concat", {"a"});
  const auto graph = resolve(p.pipeline, bench.registry);
  ASSERT_FALSE(graph.ok());
  EXPECT_EQ(graph.error().message, "these stages wait for each other or for one that does: a, b");
}

TEST(Graph, SelectsWhatIsAskedForAndWhatItNeeds) {
  Workbench bench;
  PipelineBuilder p;
  p.input("train", "train.csv").stage("other", "concat", {"train"}).stage("clean", "concat", {"train"}).stage("fit", "train", {"clean"});
  p.stage("judge", "concat", {"fit"});
  auto graph = select(*resolve(p.pipeline, bench.registry), {"fit"});
  ASSERT_TRUE(graph.ok());
  EXPECT_EQ(names(*graph), "clean fit ");
  EXPECT_EQ(graph->stages[1].needs, std::vector<size_t>{0});
  EXPECT_EQ(graph->stages[1].inputs[0].producer, 0u);

  const auto wrong = select(*resolve(p.pipeline, bench.registry), {"fti", "nothing-like-it"});
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(all_messages(wrong.error()), "there is no stage \"fti\"\nthere is no stage \"nothing-like-it\"\n");
  EXPECT_EQ(wrong.error().hint, "did you mean fit?");
  EXPECT_EQ(wrong.error().also[0].hint, "the stages are other, clean, fit, judge");
  EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
}

TEST(Graph, MissingFilesAndModelsAreAllNamed) {
  Workbench bench;
  bench.folder.write("there.csv", "x");
  PipelineBuilder p;
  p.input("train", "there.csv").input("test", "data/gone.csv").input("unused", "nowhere.csv");
  p.stage("clean", "concat", {"train", "test"}).stage("again", "concat", {"test"}).stage("fit", "train", {"clean"});
  p.stage("judge", "concat", {"fit"}).model("champion", "baselin");
  p.stage("judge2", "concat", {"fit"}).model("champion", "fti");
  Store store = bench.open();
  ASSERT_TRUE(store.set_alias("baseline", digest_of("x"), "", "set").ok());
  const auto plan = make_plan(p.pipeline, bench.registry, &store, bench.options);
  ASSERT_FALSE(plan.ok());
  const std::string at = bench.folder.path().string();
  EXPECT_EQ(all_messages(plan.error()), "there is no data/gone.csv (looked for " + at + "/data/gone.csv)\n" +
                                            "\"baselin\" is no stage, no registered alias and no path (looked for " + at + "/baselin)\n" +
                                            "\"fti\" is no stage, no registered alias and no path (looked for " + at + "/fti)\n");
  EXPECT_EQ(plan.error().span->line, 11);
  EXPECT_EQ(plan.error().hint, "put the data there, or say where it is with --set inputs.test.path=FILE");
  EXPECT_EQ(plan.error().also[0].hint, "did you mean baseline?");
  EXPECT_EQ(plan.error().also[1].hint, "did you mean fit?");
}

}  // namespace
}  // namespace mlopsctl::engine
