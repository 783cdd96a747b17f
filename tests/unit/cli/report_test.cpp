#include <gtest/gtest.h>

#include <cmath>

#include "cli/report/curves.hpp"
#include "cli/report/page.hpp"
#include "cli/report/plots.hpp"
#include "cli/report/svg.hpp"

namespace mlopsctl::cli::report {
namespace {

engine::StageRun stage_of(std::string name, std::string kind, engine::StageState state) {
  engine::StageRun stage;
  stage.name = std::move(name);
  stage.kind = std::move(kind);
  stage.state = state;
  stage.attempts = state == engine::StageState::reused ? 0 : 1;
  stage.seconds = 1.5;
  return stage;
}

engine::RunRecord record_of() {
  engine::RunRecord record;
  record.id = "20260131-081500-3f9a";
  record.pipeline = "<script>alert(1)</script>";
  record.started = "2026-01-31T08:15:00.000Z";
  record.stages = {stage_of("clean", "preprocess", engine::StageState::reused), stage_of("fit", "train", engine::StageState::succeeded),
                   stage_of("judge", "evaluate", engine::StageState::succeeded)};
  record.stages[0].artifacts.push_back({"train", "rows", digest_of("rows"), 10});
  record.stages[1].parts = {{"input.clean.train", digest_of("rows").str()}, {"input.clean.train type", "rows"}};
  record.stages[1].artifacts.push_back({"model", "model", digest_of("model"), 10});
  record.stages[1].report.warnings = {"a \"quoted\" & <b>bold</b> remark"};
  record.stages[2].parts = {{"input.champion", digest_of("model").str()}, {"input.fit.model", digest_of("model").str()}};
  return record;
}

TEST(Report, EscapesWhatComesFromOutside) {
  EXPECT_EQ(escape("a<b>&\"'\x01\xff\u00e9"), "a&lt;b&gt;&amp;&quot;&#39;\uFFFD\uFFFD\u00e9");
  const std::string page = html_page(record_of(), RunSummary());
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<b>bold"), std::string::npos);
  EXPECT_NE(page.find("a &quot;quoted&quot; &amp; &lt;b&gt;bold"), std::string::npos);
}

TEST(Report, NeedsNothingFromElsewhere) {
  const std::string page = html_page(record_of(), RunSummary());
  for (const char* forbidden : {"http://", "https://", "src=", "@import", "url("}) EXPECT_EQ(page.find(forbidden), std::string::npos) << forbidden;
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(page.find("prefers-color-scheme:dark"), std::string::npos);
}

TEST(Report, FindsDependenciesByNameThenByDigest) { EXPECT_EQ(dependencies(record_of()), (std::vector<std::vector<size_t>>{{}, {0}, {1}})); }

TEST(Report, TheSameRunGivesTheSameBytes) { EXPECT_EQ(html_page(record_of(), RunSummary()), html_page(record_of(), RunSummary())); }

// Every element that is opened is closed, in order: what a browser would silently repair shows here.
void expect_balanced(const std::string& markup) {
  std::vector<std::string> open;
  for (size_t at = markup.find('<'); at != std::string::npos; at = markup.find('<', at + 1)) {
    const size_t end = markup.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = markup.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" />", 1) - (tag[0] == '/' ? 1 : 0));
    if (tag[0] == '!' || tag.ends_with("/") || name == "meta" || name == "br") continue;
    if (tag[0] != '/') {
      open.push_back(name);
    } else {
      ASSERT_FALSE(open.empty()) << tag;
      EXPECT_EQ(open.back(), name);
      open.pop_back();
    }
  }
  EXPECT_TRUE(open.empty());
}

TEST(Report, IsWellFormed) {
  RunSummary summary;
  engine::Verdict verdict;
  verdict.summary = "good";
  verdict.checks.push_back({"accuracy >= 0.8", engine::Outcome::pass, 0.9, 0.8, "fine"});
  summary.verdicts.emplace_back("judge", verdict);
  summary.metrics = {{"judge", "accuracy", 0.9, 0.8}, {"judge", "log_loss", 0.4, 0.5}, {"judge", "rows", 100, std::nullopt}};
  summary.releases.push_back({"release", "release", ".mlopsctl/store/ab", digest_of("x"), {"feedback"}});
  auto record = record_of();
  record.stages[1].error = stage_error("broken <here>");
  expect_balanced(html_page(record, summary));
}

TEST(Plots, AreWellFormedAlsoAtTheirEdges) {
  expect_balanced(metric_bars({}));
  expect_balanced(metric_bars({{"accuracy", 1.4, std::nullopt}, {"f1", std::nan(""), 0.0}}));
  expect_balanced(confusion_matrix({"a", "b"}, {{1, 0}, {0, 0}}, "t"));
  expect_balanced(confusion_matrix({}, {}, "t"));
  expect_balanced(reliability_diagram({}));
  expect_balanced(reliability_diagram({{0.5, 0.4, 10}, {0.9, 0.8, 0}}));
  expect_balanced(label_bars({}));
  expect_balanced(label_bars({{"train", {{"a<b", 3}, {"c", 0}}}, {"test", {}}}));
  expect_balanced(threshold_lines({{"psi", std::nan(""), 0.1}, {"jsd", 7, 0.1}}));
  expect_balanced(stage_graph(engine::RunRecord()));
  EXPECT_EQ(metric_bars({{"f1", std::nan(""), 0.0}}).find("nan"), std::string::npos);
}

TEST(LearningCurves, ShowStepsAndEpochsAndWhichEpochIsTheModel) {
  const Json training = {{"steps", {{1, 0.0, 1.1, 2.0}, {2, 5e-5, nullptr, nullptr}, {3, 2.5e-5, 0.6, 1.5}, {4, 0.0, 0.5, 1.0}}},
                         {"epochs",
                          {{{"epoch", 1}, {"step", 2}, {"train_loss", 1.1}, {"validation_loss", 0.9}, {"accuracy", 0.5}, {"macro_f1", 0.4}},
                           {{"epoch", 2}, {"step", 4}, {"train_loss", 0.55}, {"validation_loss", 0.7}, {"accuracy", 0.75}, {"macro_f1", 0.7}}}},
                         {"best_epoch", 2}};
  const std::string drawn = learning_curves(training);
  expect_balanced(drawn);
  EXPECT_NE(drawn.find("accuracy after step 4: 0.75"), std::string::npos);
  EXPECT_NE(drawn.find("validation after step 2: 0.9"), std::string::npos);
  EXPECT_NE(drawn.find(">5e-05</text>"), std::string::npos);
  EXPECT_NE(drawn.find("<td class=\"n\">0.7500</td><td class=\"n\">0.7000</td><td>the model</td>"), std::string::npos);
  EXPECT_EQ(drawn.find("nan"), std::string::npos);

  auto record = record_of();
  record.stages[1].report.summary = {{"training", training}};
  EXPECT_NE(html_page(record, RunSummary()).find(drawn), std::string::npos);
}

TEST(LearningCurves, DoWithoutValidationRowsAndWithoutAnything) {
  EXPECT_EQ(learning_curves(nullptr), "");
  expect_balanced(learning_curves({{"steps", Json::array()}, {"epochs", Json::array()}}));
  const std::string drawn = learning_curves({{"steps", {{1, 0.0, 0.5, 1.0}}}, {"epochs", {{{"epoch", 1}, {"step", 1}, {"train_loss", nullptr}}}}});
  expect_balanced(drawn);
  EXPECT_EQ(drawn.find("On the validation rows"), std::string::npos);
  EXPECT_EQ(drawn.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace mlopsctl::cli::report
