// One test per kind of fault; each message to the character. The stage `fit` begins on line 5, its own lines on line 8, column 5.
#include <gtest/gtest.h>

#include "tests/unit/spec/catalog.hpp"

namespace mlopsctl::spec {
namespace {

TEST(Validate, UnknownKeyWithTheNearest) {
  EXPECT_EQ(faults_of(with_stage("model: {type: linear-svm}\nlerning_rate: 0.1")),
            "pipeline.yaml:9:5: stages.fit: unknown key \"lerning_rate\"; did you mean \"learning_rate\"?\n"
            "  hint: use one of the keys kind, inputs, seed, timeout, retries, runner, cache, model, learning_rate, budget\n");
}

TEST(Validate, KeyOfAnotherKind) {
  EXPECT_EQ(faults_of(with_stage("model: {type: naive-bayes, ngrams: [1, 2]}\nsteps: [lowercase]")),
            "pipeline.yaml:8:32: stages.fit.model: key \"ngrams\" does not belong to type naive-bayes; it is a key of linear-svm\n"
            "  hint: use one of the keys type, smoothing, base\n"
            "pipeline.yaml:9:5: stages.fit: key \"steps\" does not belong to kind train; it is a key of preprocess\n"
            "  hint: use one of the keys kind, inputs, seed, timeout, retries, runner, cache, model, learning_rate, budget\n");
}

TEST(Validate, WrongTypes) {
  EXPECT_EQ(faults_of(with_stage("model: {type: linear-svm, c: big}\nlearning_rate: [0.1]\nbudget: soon\nretries: 1.5\ncache: yes\nseed: \"3\"")),
            "pipeline.yaml:8:34: stages.fit.model.c: expected a number of at least 0, got \"big\"\n"
            "  hint: write a value such as 0.5\n"
            "pipeline.yaml:9:20: stages.fit.learning_rate: expected a number from 0 to 10, got a list\n"
            "  hint: write a value such as 0.001\n"
            "pipeline.yaml:10:13: stages.fit.budget: expected a duration such as 90s, 10m or 2h, got \"soon\"\n"
            "  hint: write a value such as 10m\n"
            "pipeline.yaml:11:14: stages.fit.retries: expected a whole number from 0 to 10, got the number 1.5\n"
            "  hint: write a value such as 0\n"
            "pipeline.yaml:12:12: stages.fit.cache: expected true or false, got \"yes\"\n"
            "  hint: write true\n"
            "pipeline.yaml:13:11: stages.fit.seed: expected a whole number of at least 0, got the text \"3\"\n"
            "  hint: remove the quotes: 3\n");
}

TEST(Validate, ASecretInItsPlaceIsRefusedAndNotShown) {
  const std::string file = with_stage("model: {type: naive-bayes}") + "alerts: {team: {to: slack, url: https://planted, oops: 1}}\n";
  const auto loaded = load_text(file);
  ASSERT_FALSE(loaded.ok());
  std::vector<Error> all = loaded.error().also;
  all.push_back(loaded.error());
  ASSERT_EQ(all.size(), 2U);
  for (const Error& each : all) {
    EXPECT_EQ(each.message.find("planted"), std::string::npos);
    EXPECT_EQ(each.span->excerpt, "") << "the line holds the secret";
  }
  EXPECT_EQ(loaded.error().field, "alerts.team.url");
  EXPECT_EQ(loaded.error().message, "expected env:NAME or file:PATH, for a secret must not stand in this file");
  EXPECT_TRUE(load_text(with_stage("model: {type: naive-bayes}") + "alerts: {team: {to: slack, url: env:HOOK}}\n").ok());
}

TEST(Validate, OutOfRange) {
  EXPECT_EQ(faults_of(with_stage("model: {type: linear-svm, ngrams: [1, 2, 3]}\nlearning_rate: 11\nretries: -1")),
            "pipeline.yaml:8:39: stages.fit.model.ngrams: expected exactly 2 items, got 3\n"
            "pipeline.yaml:9:20: stages.fit.learning_rate: expected a number from 0 to 10, got 11\n"
            "  hint: use 10 or less\n"
            "pipeline.yaml:10:14: stages.fit.retries: expected a whole number from 0 to 10, got -1\n"
            "  hint: use 0 or more\n");
}

TEST(Validate, ChoiceWithTheNearest) {
  EXPECT_EQ(faults_of(with_stage("model: {type: linear-svm}\nrunner: proces")),
            "pipeline.yaml:9:13: stages.fit.runner: expected process or thread, got \"proces\"; did you mean \"process\"?\n"
            "  hint: write process\n");
}

TEST(Validate, MissingKeysPointAtTheMapping) {
  EXPECT_EQ(faults_of("name: demo\ninputs:\n  rows: {text: text}\nstages:\n  fit:\n    kind: train\n"),
            "pipeline.yaml:1:1: missing key \"apiVersion\": expected mlopsctl/v1\n"
            "  hint: add `apiVersion: mlopsctl/v1`\n"
            "pipeline.yaml:3:3: inputs.rows: missing key \"path\": expected text\n"
            "  hint: add `path: data/train.csv`\n"
            "pipeline.yaml:5:3: stages.fit: missing key \"model\": expected a mapping\n"
            "  hint: add `model: {type: linear-svm}`\n");
}

TEST(Validate, KindMissingAndUnknown) {
  EXPECT_EQ(faults_of("apiVersion: mlopsctl/v1\nname: demo\nstages:\n  a: {inputs: []}\n  b: {kind: trian, whatever: 1}\n  c: {kind: [train]}\n  d: train\n"),
            "pipeline.yaml:4:3: stages.a: missing key \"kind\": expected preprocess, train or evaluate\n"
            "  hint: add `kind:` and one of these\n"
            "pipeline.yaml:5:13: stages.b.kind: unknown kind \"trian\"; did you mean \"train\"?\n"
            "  hint: use preprocess, train or evaluate\n"
            "pipeline.yaml:6:13: stages.c.kind: expected preprocess, train or evaluate, got a list\n"
            "pipeline.yaml:7:6: stages.d: expected a mapping, got \"train\"\n"
            "  hint: write {kind: train}\n");
}

TEST(Validate, UnknownModelType) {
  EXPECT_EQ(faults_of(with_stage("model: {type: linaer-svm}")),
            "pipeline.yaml:8:19: stages.fit.model.type: unknown type \"linaer-svm\"; did you mean \"linear-svm\"?\n"
            "  hint: use linear-svm or naive-bayes\n");
}

TEST(Validate, AKeyWithNothingBehindIt) {
  EXPECT_EQ(faults_of("apiVersion: mlopsctl/v1\nname:\nstages:\n"),
            "pipeline.yaml:2:1: name: expected a name of lower-case letters, digits and '-', got nothing\n"
            "  hint: write a value such as my-pipeline\n"
            "pipeline.yaml:3:1: stages: expected a mapping, got nothing\n"
            "  hint: write it below, indented\n");
}

TEST(Validate, EmptyStagesAndBadNames) {
  EXPECT_EQ(
      faults_of("apiVersion: mlopsctl/v1\nname: My Pipeline\ninputs:\n  a.b: {path: x.csv, text: t}\nstages: {}\n"),
      "pipeline.yaml:2:7: name: \"My Pipeline\" cannot be a name; expected lower-case letters, digits and '-', at most 63, a letter or digit at both ends\n"
      "  hint: write my-pipeline\n"
      "pipeline.yaml:4:3: inputs.a.b: \"a.b\" cannot be a name; expected letters, digits, '_' or '-', at most 63, the first a letter or digit\n"
      "  hint: rename it, for example a_b\n"
      "pipeline.yaml:5:9: stages: expected at least 1 entry, got none\n"
      "  hint: write the first one below it, indented\n");
}

std::string with_steps(const std::string& steps) {
  return "apiVersion: mlopsctl/v1\nname: demo\nstages:\n  clean:\n    kind: preprocess\n    steps: " + steps + "\n";
}

TEST(Validate, Steps) {
  EXPECT_EQ(faults_of(with_steps("[lowercas, {stop_words: {langauge: en}}, {lowercase: {x: 1}}, {stop_words: en}, {stop_words: , extra: [a]}, [], {}]")),
            "pipeline.yaml:6:13: stages.clean.steps.0: unknown step \"lowercas\"; did you mean \"lowercase\"?\n"
            "  hint: use one of lowercase, stop_words\n"
            "pipeline.yaml:6:37: stages.clean.steps.1: unknown key \"langauge\"; did you mean \"language\"?\n"
            "  hint: use one of the keys language, extra\n"
            "pipeline.yaml:6:66: stages.clean.steps.2: unknown key \"x\"\n"
            "  hint: remove it; nothing can be set here\n"
            "pipeline.yaml:6:87: stages.clean.steps.3: expected the options of stop_words as a mapping, got \"en\"\n"
            "  hint: write stop_words: {language: en}\n"
            "pipeline.yaml:6:92: stages.clean.steps.4: expected one step, got a mapping with 2 keys\n"
            "  hint: write the options below the step: stop_words: {extra: ...}\n"
            "pipeline.yaml:6:120: stages.clean.steps.5: expected a step: its name, or its name with options, got a list\n"
            "  hint: write lowercase\n"
            "pipeline.yaml:6:124: stages.clean.steps.6: expected a step: its name, or its name with options, got a mapping\n"
            "  hint: write lowercase\n");
  EXPECT_EQ(faults_of(with_steps("lowercase")),
            "pipeline.yaml:6:12: stages.clean.steps: expected a list of steps, got \"lowercase\"\n"
            "  hint: write a list: [lowercase]\n");
}

TEST(Validate, AnyOfSpeaksOfTheShapeThatWasMeant) {
  const auto with_floor = [](const std::string& floor) {
    return faults_of("apiVersion: mlopsctl/v1\nname: demo\nstages:\n  judge: {kind: evaluate, floor: " + floor + "}\n");
  };
  EXPECT_EQ(with_floor("0.9"), "");
  EXPECT_EQ(with_floor("auto"), "");
  EXPECT_EQ(with_floor("high"),
            "pipeline.yaml:4:34: stages.judge.floor: expected a number from 0 to 1, none or auto, got \"high\"\n"
            "  hint: write a value such as 0\n");
}

}  // namespace
}  // namespace mlopsctl::spec
