// Who looks on while a run goes on sees every result, and may refuse a release.
#include "pipeline/engine/witness.hpp"

#include <gtest/gtest.h>

#include "tests/unit/engine/workbench.hpp"

namespace mlopsctl::engine {
namespace {

// Says what it saw, and no while `no` is set.
struct Onlooker final : Witness {
  std::vector<std::string> seen;
  bool no = true;
  Status saw(const ResolvedStage& stage, const StageRun& run, std::string_view) override {
    seen.push_back("saw " + stage.spec->name + " " + std::string(to_string(run.state)));
    return {};
  }
  Status allows(const ResolvedStage& stage, const std::string& alias, const Digest& model) override {
    seen.push_back(stage.spec->name + " asks for " + alias + " = " + model.brief());
    return no ? Status(refused_error("not this one")) : Status();
  }
};

TEST(Witness, SeesEachResultFirstAndMayRefuseAnAlias) {
  Workbench bench;
  bench.folder.write("train.csv", "abc");
  PipelineBuilder p;
  p.input("train", "train.csv");
  bench.registry["release"] = std::make_unique<FakeStage>(std::vector<OutputDecl>{{"model", "model"}}, [](StageContext& context) -> Status {
    context.forward("model", context.inputs()[0]);
    context.report().publications.push_back({"prod", "model"});
    return {};
  });
  p.stage("fit", "train", {"train"}, {{"text", "1"}}).stage("release", "release", {"fit"});
  p.last().retries = 3;  // a no is no reason to try again
  Onlooker witness;
  bench.options.witness = &witness;
  RunRecord record = bench.run(p);
  const std::string asks = "release asks for prod = " + record.stages[0].artifacts[0].digest.brief();
  EXPECT_EQ(witness.seen, (std::vector<std::string>{"saw fit succeeded", "saw release succeeded", asks}));
  EXPECT_EQ(record.stages[1].state, StageState::failed);
  EXPECT_EQ(record.stages[1].error->message, "not this one");
  EXPECT_FALSE(bench.open().alias("prod")->has_value());

  witness.seen.clear();
  record = bench.run(p);  // what was made is known, and still refused
  EXPECT_EQ(witness.seen, (std::vector<std::string>{"saw fit reused", "saw release reused", asks}));
  EXPECT_EQ(record.stages[1].state, StageState::failed);

  witness.no = false;
  EXPECT_EQ(bench.run(p).state, RunState::succeeded);
  EXPECT_EQ((*bench.open().alias("prod"))->model.brief(), record.stages[0].artifacts[0].digest.brief());
  witness.seen.clear();
  bench.run(p);
  EXPECT_EQ(witness.seen, (std::vector<std::string>{"saw fit reused", "saw release reused"})) << "nothing changes, nothing is asked";
}

}  // namespace
}  // namespace mlopsctl::engine
