#include <gtest/gtest.h>

#include "tests/unit/spec/catalog.hpp"

namespace mlopsctl::spec {
namespace {

const char* const base =
    "apiVersion: mlopsctl/v1\nname: demo\nvars: {data: d}\ninputs: {rows: {path: \"${data}/r.csv\", text: t}}\nstages:\n  clean: {kind: preprocess, inputs: "
    "[rows]}\n";

std::string faults(const Result<Pipeline>& loaded) { return loaded ? "" : say(loaded.error()); }

TEST(Sources, LaterFilesLieOverEarlierOnes) {
  const auto loaded = load_texts({base, "seed: 4\nvars: {data: e}\nstages: {clean: {timeout: 2m}, fit: {kind: train, model: {type: linear-svm}}}\n"});
  ASSERT_TRUE(loaded.ok()) << faults(loaded);
  EXPECT_EQ(loaded->seed, 4u);
  EXPECT_EQ(loaded->inputs[0].path, "e/r.csv");
  EXPECT_EQ(loaded->stages[0].timeout, 120);
  EXPECT_EQ(loaded->stages[1].name, "fit");
}

TEST(Sources, FaultsOfTheSecondFileStandAfterThoseOfTheFirst) {
  EXPECT_EQ(faults(load_texts({std::string(base) + "sede: 1\n", "stages: {clean: {timeout: soon}}\nseed: -1\n"})),
            "a.yaml:7:1: unknown key \"sede\"; did you mean \"seed\"?\n"
            "  hint: use one of the keys apiVersion, name, seed, vars, inputs, alerts, decisions, retrain, stages\n"
            "b.yaml:1:27: stages.clean.timeout: expected a duration such as 90s, 10m or 2h, got \"soon\"\n"
            "  hint: write a value such as 30m\n"
            "b.yaml:2:7: seed: expected a whole number of at least 0, got -1\n"
            "  hint: use 0 or more\n");
}

TEST(Sources, EveryUnreadableFileIsNamed) {
  EXPECT_EQ(faults(load_texts({"a: [\n", "- x\n", "", "a: 1\na: 2\n"})),
            "a.yaml:2:1: not valid YAML: expected ',' or ']': a list in brackets is not complete\n"
            "  hint: close the list with ]\n"
            "b.yaml:1:1: expected a mapping at the top, got a list\n"
            "  hint: write an example with `mlopsctl init`\n"
            "c.yaml:1:1: the file is empty; expected a pipeline\n"
            "  hint: write an example with `mlopsctl init`\n"
            "d.yaml:2:1: key \"a\" appears twice in the same mapping\n");
}

TEST(Sources, MissingFile) {
  const auto loaded = load({{"/nonexistent/pipeline.yaml"}, {}, {}}, small_catalog());
  EXPECT_EQ(faults(loaded),
            "cannot open /nonexistent/pipeline.yaml: No such file or directory\n  hint: write one with `mlopsctl init`, or name a file with -f\n");
  EXPECT_EQ(loaded.error().kind, ErrorKind::config);
}

TEST(Sources, SetTakesADottedPath) {
  const auto loaded = load_text(base, {"stages.clean.retries=2", "seed=9", "stages.extra={kind: evaluate, inputs: [clean]}"});
  ASSERT_TRUE(loaded.ok()) << faults(loaded);
  EXPECT_EQ(loaded->stages[0].retries, 2);
  EXPECT_EQ(loaded->seed, 9u);
  EXPECT_EQ(loaded->stages[1].name, "extra");
}

TEST(Sources, SetFaults) {
  EXPECT_EQ(faults_of(base, {"dta=/x"}),
            "--set dta=/x: unknown key \"dta\"; did you mean \"data\"?\n"
            "  hint: use a variable or a path that starts with one of apiVersion, name, seed, vars, inputs, alerts, decisions, retrain, stages, data\n");
  EXPECT_EQ(faults_of(base, {"stages.claen.seed=1"}),
            "--set stages.claen.seed=1: unknown stage \"claen\"; did you mean \"clean\"?\n  hint: use one of clean\n");
  EXPECT_EQ(faults_of(base, {"seed"}), "--set seed: expected key=value\n  hint: write --set path.to.key=value, for example --set seed=2\n");
  EXPECT_EQ(faults_of(base, {"seed=x"}), "--set:1:6: seed: expected a whole number of at least 0, got \"x\"\n  hint: write a value such as 1\n");
  EXPECT_EQ(load_text(base, {"seed"}).error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace mlopsctl::spec
