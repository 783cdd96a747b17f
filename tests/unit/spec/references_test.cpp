#include <gtest/gtest.h>

#include "tests/unit/spec/catalog.hpp"

namespace mlopsctl::spec {
namespace {

// Stages of kind evaluate, one a line from line 5: {"a", "inputs: [b]"}.
std::string with_stages(const std::vector<std::pair<std::string, std::string>>& stages) {
  std::string text = "apiVersion: mlopsctl/v1\nname: demo\ninputs: {train: {path: t.csv, text: t}, test: {path: t.csv, text: t}}\nstages:\n";
  for (const auto& [name, rest] : stages) text += "  " + name + ": {kind: evaluate, " + rest + "}\n";
  return text;
}

TEST(References, InputsStagesAndOutputs) {
  EXPECT_EQ(faults_of(with_stages({{"a", "inputs: [train, b.test]"}, {"b", "inputs: [test]"}, {"c", "inputs: [a], champion: b"}})), "");
}

TEST(References, UnknownNameWithTheNearest) {
  EXPECT_EQ(faults_of(with_stages({{"clean", "inputs: [trian]"}, {"judge", "inputs: [claen.test, nowhere]"}})),
            "pipeline.yaml:5:36: stages.clean.inputs.0: unknown input or stage \"trian\"; did you mean \"train\"?\n"
            "  hint: write train\n"
            "pipeline.yaml:6:36: stages.judge.inputs.0: unknown input or stage \"claen\"; did you mean \"clean\"?\n"
            "  hint: write clean.test\n"
            "pipeline.yaml:6:48: stages.judge.inputs.1: unknown input or stage \"nowhere\"\n"
            "  hint: use one of train, test, clean, judge\n");
}

TEST(References, AnInputHasNoOutputs) {
  EXPECT_EQ(faults_of(with_stages({{"a", "inputs: [train.rows]"}})),
            "pipeline.yaml:5:32: stages.a.inputs.0: \"train.rows\": \"train\" is an input, and an input has no outputs\n"
            "  hint: write train\n");
}

TEST(References, SameNameTwice) {
  EXPECT_EQ(faults_of(with_stages({{"train", "inputs: [test, test]"}})),
            "pipeline.yaml:5:3: stages.train: \"train\" is the name of an input too; a reference to it would be ambiguous\n"
            "  hint: rename the stage or the input\n"
            "pipeline.yaml:5:42: stages.train.inputs.1: \"test\" is listed twice\n"
            "  hint: remove one of them\n");
}

TEST(References, AStageThatNeedsItself) {
  EXPECT_EQ(faults_of(with_stages({{"a", "inputs: [a.x]"}, {"b", "champion: b"}})),
            "pipeline.yaml:5:32: stages.a.inputs.0: stage \"a\" needs itself\n"
            "  hint: name an input or another stage\n"
            "pipeline.yaml:6:33: stages.b.champion: stage \"b\" needs itself\n"
            "  hint: name an input or another stage\n");
}

TEST(References, ACycleIsNamedWhole) {
  EXPECT_EQ(faults_of(with_stages({{"start", "inputs: [c]"}, {"a", "inputs: [train, b]"}, {"b", "champion: c"}, {"c", "inputs: [a.out]"}})),
            "pipeline.yaml:6:39: stages.a.inputs.1: stages form a cycle: a -> b -> c -> a\n"
            "  hint: each needs the one after the arrow; remove one of these references\n");
}

TEST(References, EveryCycleIsReported) {
  EXPECT_EQ(faults_of(with_stages({{"a", "inputs: [b]"}, {"b", "inputs: [a]"}, {"x", "inputs: [y]"}, {"y", "inputs: [x]"}})),
            "pipeline.yaml:5:32: stages.a.inputs.0: stages form a cycle: a -> b -> a\n"
            "  hint: each needs the one after the arrow; remove one of these references\n"
            "pipeline.yaml:7:32: stages.x.inputs.0: stages form a cycle: x -> y -> x\n"
            "  hint: each needs the one after the arrow; remove one of these references\n");
}

TEST(References, AVeryLongChainIsNoCycle) {
  std::vector<std::pair<std::string, std::string>> stages = {{"s0", "inputs: [train]"}};
  for (int i = 1; i < 5000; ++i) stages.push_back({"s" + std::to_string(i), "inputs: [s" + std::to_string(i - 1) + "]"});
  EXPECT_EQ(faults_of(with_stages(stages)), "");
}

}  // namespace
}  // namespace mlopsctl::spec
