// What is decided, and why: plans over a store that past runs have filled.
#include "tests/unit/engine/workbench.hpp"

namespace mlopsctl::engine {
namespace {

struct Chain : Workbench {
  PipelineBuilder p;
  Chain() {
    folder.write("train.csv", "abc");
    p.input("train", "train.csv").stage("clean", "concat", {"train"}, {{"text", "-"}}).stage("fit", "train", {"clean"}, {{"c", 1}});
  }
};

TEST(Decide, FirstTheStageThatNeedsNothingThenWhatWaitsForIt) {
  Chain chain;
  const Plan plan = chain.plan(chain.p);
  EXPECT_EQ(brief(plan), "clean run, fit pending");
  EXPECT_EQ(reasons_of(plan.stages[0].reasons), "no earlier result");
  EXPECT_EQ(reasons_of(plan.stages[1].reasons), "waits for clean");
  EXPECT_TRUE(plan.stages[0].key.has_value());
  EXPECT_FALSE(plan.stages[1].key.has_value());
}

TEST(Decide, ReusesWhatIsKnownAndSaysSo) {
  Chain chain;
  chain.run(chain.p);
  const Plan plan = chain.plan(chain.p);
  EXPECT_EQ(brief(plan), "clean reuse, fit reuse");
  EXPECT_TRUE(plan.nothing_to_do());
  EXPECT_EQ(chain.content(plan.stages[1].artifacts[0]), "abc-");
}

TEST(Decide, NamesOldAndNewValue) {
  Chain chain;
  chain.run(chain.p);
  chain.p.last().params["c"] = 0.5;
  chain.p.last().seed = 7;
  const Plan plan = chain.plan(chain.p);
  EXPECT_EQ(brief(plan), "clean reuse, fit run");
  EXPECT_EQ(reasons_of(plan.stages[1].reasons), "seed changed 1 -> 7; params.c changed 1 -> 0.5");
}

TEST(Decide, NamesTheInputThatChanged) {
  Chain chain;
  chain.run(chain.p);
  chain.folder.write("train.csv", "abd");
  const Plan plan = chain.plan(chain.p);
  EXPECT_EQ(brief(plan), "clean run, fit pending");
  EXPECT_EQ(reasons_of(plan.stages[0].reasons), "input.train changed " + digest_of("abc").brief() + " -> " + digest_of("abd").brief());
}

TEST(Decide, APendingStageSaysWhatIsKnownToHaveChanged) {
  Chain chain;
  chain.run(chain.p);
  chain.folder.write("train.csv", "abd");
  chain.p.last().params["c"] = 2;
  EXPECT_EQ(reasons_of(chain.plan(chain.p).stages[1].reasons), "waits for clean; params.c changed 1 -> 2");
}

// Run with c=1, then c=0.5, then c=1 again (reused): what c=2 is compared with is the last one used, not the last one made.
TEST(Decide, ComparesWithTheResultTheLatestRunUsed) {
  Chain chain;
  chain.run(chain.p);
  chain.p.last().params["c"] = 0.5;
  chain.run(chain.p);
  chain.p.last().params["c"] = 1;
  EXPECT_EQ(brief(chain.run(chain.p)), "clean reused, fit reused");
  chain.p.last().params["c"] = 2;
  EXPECT_EQ(reasons_of(chain.plan(chain.p).stages[1].reasons), "params.c changed 1 -> 2");
}

TEST(Decide, ForceCountsForTheStagesAskedFor) {
  Chain chain;
  chain.run(chain.p);
  chain.options.force = true;
  chain.options.only = {"fit"};
  const Plan plan = chain.plan(chain.p);
  EXPECT_EQ(brief(plan), "clean reuse, fit run");
  EXPECT_EQ(reasons_of(plan.stages[1].reasons), "forced");
  chain.options.only.clear();
  EXPECT_EQ(brief(chain.plan(chain.p)), "clean run, fit pending");
}

TEST(Decide, AStageWithoutCacheAlwaysRuns) {
  Chain chain;
  chain.p.last().cache = false;
  chain.run(chain.p);
  const Plan plan = chain.plan(chain.p);
  EXPECT_EQ(brief(plan), "clean reuse, fit run");
  EXPECT_EQ(reasons_of(plan.stages[1].reasons), "its results are not kept (cache: false)");
}

TEST(Decide, AnArtifactThatIsGoneIsMadeAgain) {
  Chain chain;
  const RunRecord record = chain.run(chain.p);
  std::filesystem::remove(chain.open().path_of(record.stages[0].artifacts[0].digest));
  const Plan plan = chain.plan(chain.p);
  EXPECT_EQ(brief(plan), "clean run, fit pending");
  EXPECT_EQ(reasons_of(plan.stages[0].reasons), "its result out (" + record.stages[0].artifacts[0].digest.brief() + ") is not in the store any more");
}

TEST(Decide, APlanChangesNothingAndNeedsNoStore) {
  Chain chain;
  const auto plan = make_plan(chain.p.pipeline, chain.registry, nullptr, chain.options);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(brief(*plan), "clean run, fit pending");
  EXPECT_FALSE(std::filesystem::exists(chain.folder / ".mlopsctl"));
}

TEST(Decide, KeysAreEqualInACheckoutElsewhere) {
  Chain here, there;
  EXPECT_EQ(*here.plan(here.p).stages[0].key, *there.plan(there.p).stages[0].key);
  EXPECT_EQ(here.run(here.p).stages[1].artifacts[0].digest, there.run(there.p).stages[1].artifacts[0].digest);
  EXPECT_EQ(here.run(here.p).stages[1].key, there.run(there.p).stages[1].key);
}

// A run that goes on where an earlier one was cut off must not see that the earlier one has moved the alias it compares with.
TEST(Decide, APinnedAliasStandsForThatModelWhereverItWentMeanwhile) {
  Workbench bench;
  bench.folder.write("train.csv", "abc");
  PipelineBuilder p;
  p.input("train", "train.csv").stage("fit", "train", {"train"}, {{"text", "1"}});
  bench.registry["judge"] = std::make_unique<FakeStage>(std::vector<OutputDecl>{{"out", "text"}}, [](StageContext& context) -> Status {
    return write_file(context.output("out"), context.inputs().back().digest.str());
  });
  const Digest first = bench.run(p).stages[0].artifacts[0].digest;
  p.pipeline.stages[0].params["text"] = "2";
  const Digest second = bench.run(p).stages[0].artifacts[0].digest;
  ASSERT_TRUE(bench.open().set_alias("prod", first, "", "set").ok());
  p.stage("judge", "judge", {"fit"}).model("champion", "prod");
  EXPECT_EQ(bench.run(p).stages[1].state, StageState::succeeded);
  ASSERT_TRUE(bench.open().set_alias("prod", second, "", "set").ok());
  bench.options.pinned = {{"prod", first}};
  EXPECT_EQ(bench.run(p).stages[1].state, StageState::reused);
  bench.options.pinned = {{"prod", digest_of("not in the store")}};  // then as the alias stands
  EXPECT_EQ(bench.run(p).stages[1].state, StageState::succeeded);
}

}  // namespace
}  // namespace mlopsctl::engine
