#include "stages/retrain/policy.hpp"

#include <gtest/gtest.h>

#include "stages/registry.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::retrain {
namespace {

constexpr const char* head = R"(apiVersion: mlopsctl/v1
name: reviews
seed: 7
inputs:
  train: {path: window.csv, text: text, label: label}
  today: {path: today.csv, text: text}
stages:
  clean: {kind: preprocess, inputs: [train], split: {shares: {train: 0.8, test: 0.2}}}
  fit: {kind: train, inputs: [clean], model: {type: naive-bayes}}
  judge: {kind: evaluate, inputs: [fit, clean.test]}
  release: {kind: deploy, inputs: [judge], alias: reviews, target: {local: {}}}
)";

Result<std::optional<Policy>> read(const std::string& rest, const std::string& before = head) {
  testing::TemporaryFolder folder;
  folder.write("pipeline.yaml", before + rest);
  const auto registry = stages::make_registry();
  TRY_ASSIGN(const auto pipeline, spec::load({{folder / "pipeline.yaml"}, {}}, stages::catalog(registry)));
  return policy_of(pipeline);
}

std::vector<std::string> faults(const std::string& rest, const std::string& before = head) {
  const auto policy = read(rest, before);
  std::vector<std::string> all;
  if (policy.ok()) return all;
  const auto add = [&](const Error& error) {
    all.push_back((error.span ? std::to_string(error.span->line) + ": " : "") + error.field + ": " + error.message + " (" + error.hint + ")");
  };
  add(policy.error());
  for (const Error& each : policy.error().also) add(each);
  return all;
}

TEST(Policy, IsAbsentWhereNothingIsSaid) {
  const auto policy = read("");
  ASSERT_TRUE(policy.ok());
  EXPECT_FALSE(policy->has_value());
}

TEST(Policy, HasDefaultsForEverythingButTheReasons) {
  const auto policy = read("retrain: {age: 30d}\n");
  ASSERT_TRUE(policy.ok()) << policy.error().message;
  ASSERT_TRUE(policy->has_value());
  const Policy& found = **policy;
  EXPECT_EQ(found.pipeline, "reviews");
  EXPECT_EQ(found.alias, "reviews");
  EXPECT_EQ(found.seed, 7U);
  EXPECT_EQ(found.age, std::chrono::days(30));
  EXPECT_EQ(found.cooldown, std::chrono::days(1));
  EXPECT_EQ(found.trainings, 4);
  EXPECT_EQ(found.per, std::chrono::days(30));
  EXPECT_TRUE(found.drift.empty());
  EXPECT_TRUE(found.windows.empty());
}

TEST(Policy, ReadsWindows) {
  const auto policy = read("retrain: {labels: 500, windows: {train: {from: [old.csv, new.csv], since: 90d, time: at, rows: 1000, reservoir: 100}}}\n");
  ASSERT_TRUE(policy.ok()) << policy.error().message;
  const WindowPolicy& window = (*policy)->windows.at(0);
  EXPECT_EQ(window.input, "train");
  EXPECT_EQ(window.path, "window.csv");
  EXPECT_EQ(window.options.label, "label");
  EXPECT_EQ(window.from, (std::vector<std::string>{"old.csv", "new.csv"}));
  EXPECT_EQ(window.since, std::chrono::days(90));
  EXPECT_EQ(window.time, "at");
  EXPECT_EQ(window.rows, 1000);
  EXPECT_EQ(window.reservoir, 100);
}

TEST(Policy, TellsEveryFaultAtItsPlace) {
  EXPECT_EQ(faults(R"(retrain:
  alias: feedback
  drift: judge
  labels: 5
)"),
            (std::vector<std::string>{
                "13: retrain.alias: no deploy stage with a local target has the alias \"feedback\" (use one of: reviews)",
                "14: retrain.drift: \"judge\" is no drift-check stage (add a stage of the kind drift-check)",
                "15: retrain.labels: there are no windows whose sources could be counted (add windows: {train: {from: data/labelled.csv}})",
            }));
  EXPECT_EQ(faults("retrain: {}\n"),
            (std::vector<std::string>{"retrain: nothing would ever be a reason to train anew (add drift: STAGE, monitor, age: 30d or labels: 500)"}));
}

TEST(Policy, AWindowIsWrittenAsItIsNotCompressed) {
  const auto of_path = [](std::string path) {
    std::string text = head;
    text.replace(text.find("window.csv"), std::string_view("window.csv").size(), path);
    return faults("retrain: {age: 1d, windows: {train: {from: new.csv.gz}}}\n", text);
  };
  EXPECT_EQ(of_path("window.csv"), std::vector<std::string>());
  EXPECT_EQ(of_path("window.csv.gz"),
            (std::vector<std::string>{"12: retrain.windows.train: a window is written as it is, not compressed, and the input's own file is window.csv.gz (let "
                                      "inputs.train.path be a name without .gz; the files under `from` may have it)"}));
}

TEST(Policy, RefusesWindowsThatCannotBe) {
  EXPECT_EQ(faults(R"(retrain:
  age: 30d
  windows:
    other: {from: new.csv}
    today: {from: new.csv}
    train:
      from: [./window.csv, new.jsonl]
      since: 1d
)"),
            (std::vector<std::string>{
                "15: retrain.windows.other: there is no input \"other\" (use one of: train, today)",
                "16: retrain.windows.today: the input today has no label, and only labelled rows are trained on (add label to inputs.today)",
                "19: retrain.windows.train.since: nothing says when a row is from (name the column: time: created_at)",
                "18: retrain.windows.train.from: ./window.csv is the input's own file, which the window will replace (let inputs.train.path be another file)",
                "18: retrain.windows.train.from: new.jsonl and the input's own file window.csv are not written alike (keep both as CSV, both as TSV, or both "
                "as JSON Lines)",
            }));
  EXPECT_EQ(faults("inputs.x: 1\n").empty(), false);  // the reader can fail
  EXPECT_EQ(faults("retrain: {age: 1d, windows: {train: {from: new.csv, reservoir: 5}}}\n"),
            (std::vector<std::string>{
                "12: retrain.windows.train.reservoir: without since or rows no row is old (add rows: 50000, or remove reservoir)",
            }));
}

}  // namespace
}  // namespace mlopsctl::retrain
