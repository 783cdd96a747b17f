#include <gtest/gtest.h>

#include "tests/unit/spec/catalog.hpp"

namespace mlopsctl::spec {
namespace {

TEST(Load, CanonicalParametersHoldEveryField) {
  const auto loaded = load_text(R"(apiVersion: mlopsctl/v1
name: demo
seed: 3
inputs: {rows: {path: rows.csv, text: 5, label: 0, header: false, encoding: latin-1, labels: {0: negative, 4: positive}}}
stages:
  clean:
    kind: preprocess
    inputs: [rows]
    steps: [lowercase, {stop_words: {extra: [film]}}, stop_words]
  fit:
    kind: train
    inputs: [clean.train]
    seed: 5
    timeout: 1.5h
    retries: 1
    runner: thread
    cache: false
    budget: 10m
    model: {type: linear-svm, c: 2}
  judge:
    kind: evaluate
    inputs: [fit, clean.test]
    champion: fit
)");
  ASSERT_TRUE(loaded.ok()) << say(loaded.error());
  EXPECT_EQ(loaded->name, "demo");
  EXPECT_EQ(loaded->inputs.at(0).path, "rows.csv");
  EXPECT_EQ(
      loaded->inputs.at(0).options.dump(),
      R"({"columns":[],"delimiter":null,"encoding":"latin-1","format":"auto","group":null,"header":false,"id":null,"label":"0","labels":{"0":"negative","4":"positive"},"quotes":true,"text":"5","weight":null})");
  const StageSpec* clean = loaded->stage("clean");
  ASSERT_NE(clean, nullptr);
  EXPECT_EQ(
      clean->params.dump(),
      R"({"split":null,"steps":[{"step":"lowercase"},{"extra":["film"],"language":"en","step":"stop_words"},{"extra":null,"language":"en","step":"stop_words"}]})");
  EXPECT_EQ(clean->seed, 3u);
  EXPECT_EQ(clean->runner, "process");
  EXPECT_TRUE(clean->cache);
  const StageSpec* fit = loaded->stage("fit");
  EXPECT_EQ(fit->params.dump(), R"({"budget":600.0,"learning_rate":0.1,"model":{"c":2.0,"ngrams":[1,1],"type":"linear-svm"}})");
  EXPECT_EQ(fit->kind, "train");
  EXPECT_EQ(fit->seed, 5u);
  EXPECT_EQ(fit->timeout, 5400);
  EXPECT_EQ(fit->retries, 1);
  EXPECT_EQ(fit->runner, "thread");
  EXPECT_FALSE(fit->cache);
  const StageSpec* judge = loaded->stage("judge");
  ASSERT_EQ(judge->models.size(), 1u);
  EXPECT_EQ(judge->models[0].field, "champion");
  EXPECT_EQ(judge->models[0].text, "fit");
  EXPECT_EQ(judge->models[0].span.line, 23);
  ASSERT_EQ(judge->inputs.size(), 2u);
  EXPECT_EQ(judge->inputs[1].text, "clean.test");
  EXPECT_EQ(judge->inputs[1].span.column, 19);
}

TEST(Load, EqualMeaningGivesEqualParameters) {
  const auto one = load_text(with_stage("model: {type: linear-svm, c: 1}\nbudget: 1m"));
  const auto two = load_text(with_stage("budget: 60\nmodel:\n  c: 1.0\n  type: linear-svm\n  ngrams: null"));
  ASSERT_TRUE(one.ok());
  ASSERT_TRUE(two.ok()) << say(two.error());
  EXPECT_EQ(one->stages[0].params, two->stages[0].params);
}

TEST(Load, RemembersWhereEachFieldStands) {
  const auto loaded = load_text(with_stage("model: {type: linear-svm, ngrams: [1, 3]}"));
  ASSERT_TRUE(loaded.ok());
  const auto& fields = loaded->stages[0].fields;
  std::vector<std::string> names;
  for (const auto& [name, mark] : fields) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"inputs", "inputs.0", "kind", "model", "model.ngrams", "model.ngrams.0", "model.ngrams.1", "model.type"}));
  const SourceSpan span = fields.at("model.ngrams.1").span();
  EXPECT_EQ(span.line, 8);
  EXPECT_EQ(span.column, 43);
  EXPECT_EQ(span.excerpt, "    model: {type: linear-svm, ngrams: [1, 3]}");
}

TEST(Load, AllFaultsOfOneFileInOrder) {
  const std::string said = faults_of(R"(apiVersion: v1
name: demo
inputs:
  rows: {path: "${nowhere}/r.csv", text: body, header: false, delimiter: ";;"}
stages:
  clean: {kind: preprocess, inputs: [rows, rows], stepz: []}
  fit: {kind: train, inputs: [cleen], model: {type: linear-svm, c: -1}}
)");
  EXPECT_EQ(said,
            "pipeline.yaml:1:13: apiVersion: expected mlopsctl/v1, got \"v1\"\n"
            "  hint: write mlopsctl/v1\n"
            "pipeline.yaml:4:16: inputs.rows.path: unknown variable \"nowhere\"\n"
            "  hint: declare it: vars: {nowhere: value}, or write $$ for a plain $\n"
            "pipeline.yaml:4:42: inputs.rows.text: expected the number of a column, counted from 0, because header is false; got \"body\"\n"
            "  hint: write a number such as 5, or remove header: false\n"
            "pipeline.yaml:4:74: inputs.rows.delimiter: expected one character, got \";;\"\n"
            "  hint: write a value such as \";\"\n"
            "pipeline.yaml:6:44: stages.clean.inputs.1: \"rows\" is listed twice\n"
            "  hint: remove one of them\n"
            "pipeline.yaml:6:51: stages.clean: unknown key \"stepz\"; did you mean \"steps\"?\n"
            "  hint: use one of the keys kind, inputs, seed, timeout, retries, runner, cache, steps, split\n"
            "pipeline.yaml:7:31: stages.fit.inputs.0: unknown input or stage \"cleen\"; did you mean \"clean\"?\n"
            "  hint: write clean\n"
            "pipeline.yaml:7:68: stages.fit.model.c: expected a number of at least 0, got -1\n"
            "  hint: use 0 or more\n");
}

}  // namespace
}  // namespace mlopsctl::spec
