#include <gtest/gtest.h>

#include <cmath>

#include "cli/report/curves.hpp"
#include "cli/report/page.hpp"
#include "cli/report/parts.hpp"
#include "cli/report/plots.hpp"
#include "cli/report/stage_page.hpp"
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

// A drift check of a model that has a label nobody should have.
engine::StageRun drift_stage() {
  const std::string evil = "<script>alert(1)</script>|`x`";
  engine::StageRun stage = stage_of("watch", "drift-check", engine::StageState::succeeded);
  engine::Verdict verdict;
  verdict.outcome = engine::Outcome::fail;
  verdict.summary = "drift in class_mix";
  verdict.checks = {{"class_mix", engine::Outcome::fail, 0.3, 0.1, "\"" + evil + "\" is predicted for 60.0 % of the rows, was 30.0 %"},
                    {"text_length", engine::Outcome::pass, 0.02, 0.1, "the median text has 9 characters, was 9"}};
  stage.report.verdict = verdict;
  stage.report.summary = {{"reference", {{"source", evil}, {"rows", 100}}},
                          {"current", {{"source", "now"}, {"rows", 50}}},
                          {"tables", {{{"title", "Drift"}, {"columns", {"signal", "in words"}}, {"rows", Json::array({Json::array({"class_mix", evil})})}}}},
                          {"distributions",
                           {{{"signal", "class_mix"}, {"labels", {evil, "good"}}, {"before", {0.3, 0.7}}, {"now", {0.6, 0.4}}},
                            {{"signal", "text_length"}, {"at", {3, 9, 20}}, {"before", {0.2, 0.9, 1.0}}, {"now", {0.1, 0.8, 1.0}}},
                            {{"signal", "confidence"}, {"at", {0.5, 1.0}}, {"before", {0.2, 1.0}}, {"now", {0.3, 1.0}}}}},
                          {"power", {{{"signal", "class_mix"}, {"threshold", 0.1}, {"points", {{0.05, 0.1}, {0.2, 0.8}, {0.3, 0.99}}}}}}};
  return stage;
}

Past past_of(const std::string& started, engine::Outcome outcome) {
  Past past{"20260130-081500-3f9a", started, {}};
  past.verdict.outcome = outcome;
  past.verdict.checks = {{"class_mix", outcome, 0.05, 0.1, ""}};
  return past;
}

TEST(StagePage, ShowsWhatADriftCheckComparedAndCouldHaveSeenAndHowItWentBefore) {
  const engine::RunRecord record = record_of();
  const engine::StageRun stage = drift_stage();
  const std::string page =
      stage_page({record, stage, {past_of("2026-01-30T08:15:00.000Z", engine::Outcome::pass), past_of(record.started, engine::Outcome::fail)}});
  expect_balanced(page);
  // Each picture says what it is, and has its figures as a table.
  for (const char* title : {"Predicted labels", "Length of the texts", "Confidence", "class mix", "History"})
    EXPECT_NE(page.find("<title>" + std::string(title) + "</title><desc>"), std::string::npos) << title;
  EXPECT_NE(page.find("<td>good</td><td class=\"n\">0.7000</td><td class=\"n\">0.4000</td>"), std::string::npos);
  EXPECT_NE(page.find("<td>75.0 %</td><td class=\"n\">9</td><td class=\"n\">9</td>"), std::string::npos);
  EXPECT_NE(page.find("<td class=\"n\">0.2000</td><td>80.0 %</td>"), std::string::npos);
  EXPECT_NE(page.find("class_mix, 2026-01-30 08:15:00: passed"), std::string::npos);
  EXPECT_NE(page.find("<td>2026-01-31 08:15:00</td><td>fail</td><td>class_mix</td>"), std::string::npos);
  // A table too wide can be scrolled with the keyboard.
  EXPECT_EQ(page.find("<div class=\"scroll\"><"), std::string::npos);
}

TEST(StagePage, HidesNoSmallNumber) {
  EXPECT_EQ(plain(3.2e-9), "3e-09");
  EXPECT_EQ(plain(0.0), "0.0000");
  EXPECT_EQ(plain(0.00012), "0.0001");
  EXPECT_EQ(plain(7), "7");
}

TEST(StagePage, EscapesLabelsAndTextsOfTheData) {
  const engine::RunRecord record = record_of();
  const engine::StageRun stage = drift_stage();
  const Judged judged{record, stage, {}};
  const std::string page = stage_page(judged);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(1)"), std::string::npos);
  const std::string text = stage_markdown(judged);
  EXPECT_EQ(text.find(" <script"), std::string::npos);
  EXPECT_NE(text.find("| class\\_mix | \\<script>alert(1)\\</script>\\|\\`x\\` |"), std::string::npos) << text;
  EXPECT_EQ(stage_json(judged)["summary"]["distributions"][0]["labels"][0], "<script>alert(1)</script>|`x`");
}

TEST(StagePage, ShowsAtHowManyRowsAContestWouldBeSettled) {
  const engine::RunRecord record = record_of();
  engine::StageRun stage = stage_of("judge", "evaluate", engine::StageState::succeeded);
  engine::Verdict verdict;
  verdict.outcome = engine::Outcome::inconclusive;
  verdict.checks = {{"accuracy no worse than champion by 0.01 or more", engine::Outcome::inconclusive, 0.8, 0.79, ""}};
  verdict.checks[0].evidence = {{"interval", {-0.02, 0.02}}, {"gain", 0.0}, {"border", -0.01}, {"alpha", 0.05}, {"rows", 1000}};
  stage.report.verdict = verdict;
  stage.report.summary = {{"reliability", {{{"confidence", 0.9}, {"accuracy", 0.8}, {"rows", 10}}}}};
  const std::string page = stage_page({record, stage, {}});
  expect_balanced(page);
  // The standard error is 0.02 / 1.645: a loss of 0.01 is ruled out on four times the rows with the chance P(Z < 0.01 / (error / 2) - 1.645) = 0.5.
  EXPECT_NE(page.find("<td class=\"n\">4000</td><td>50.0 %</td>"), std::string::npos) << page;
  EXPECT_NE(page.find("<title>Calibration</title>"), std::string::npos);
  // One that is repeated takes more: `mlopsctl gate plan --margin 0.01 --repeated` says 18,224.
  verdict.checks[0].evidence.update({{"rows", 4556}, {"discordant", 0.1}});
  stage.report.verdict = verdict;
  const std::string repeated = stage_page({record, stage, {}});
  EXPECT_NE(repeated.find("<td class=\"n\">18224</td><td>80.0 %</td>"), std::string::npos) << repeated;
}

TEST(StagePage, ShowsHowLikelyAFloorIsKeptByWhatIsTrue) {
  const engine::RunRecord record = record_of();
  engine::StageRun stage = stage_of("judge", "evaluate", engine::StageState::succeeded);
  engine::Verdict verdict;
  verdict.checks = {{"accuracy >= 0.7", engine::Outcome::pass, 0.73, 0.7, ""}, {"log_loss <= 0.5", engine::Outcome::pass, 0.4, 0.5, ""}};
  for (auto& check : verdict.checks) check.evidence = {{"test", "comparison"}, {"interval", {0.7, 0.7 + 2 * 1.959964 * 0.02}}, {"confidence", 0.95}};
  stage.report.verdict = verdict;
  const std::string page = stage_page({record, stage, {}});
  expect_balanced(page);
  // One standard error (0.02) above the floor 0.7 passes in 84 of 100 cases; as far above a ceiling in 16.
  EXPECT_NE(page.find("<td class=\"n\">0.7200</td><td>84.1 %</td>"), std::string::npos) << page;
  EXPECT_NE(page.find("<td class=\"n\">0.5200</td><td>15.9 %</td>"), std::string::npos) << page;
}

}  // namespace
}  // namespace mlopsctl::cli::report
