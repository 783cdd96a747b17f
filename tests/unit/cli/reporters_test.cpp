#include "cli/reporters.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "pipeline/base/files.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::cli {
namespace {

// An Output whose text a test can read.
class Captured {
 public:
  Captured() {
    EXPECT_EQ(::pipe(ends_), 0);
    output_ = std::make_unique<Output>(ends_[1], Output::Buffering::none);
  }
  ~Captured() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Output& output() { return *output_; }
  std::string take() {
    char buffer[1 << 15];
    const ssize_t count = ::read(ends_[0], buffer, sizeof buffer);
    return std::string(buffer, static_cast<size_t>(std::max<ssize_t>(0, count)));
  }

 private:
  int ends_[2] = {-1, -1};
  std::unique_ptr<Output> output_;
};

struct Story {
  testing::ManualClock clock{TimePoint(std::chrono::seconds(1'769'847'300))};
  engine::Plan plan;
  engine::StageRun fit;
  engine::RunRecord record;

  Story() {
    plan.pipeline = "p";
    engine::PlannedStage stage;
    stage.name = "fit";
    stage.kind = "train";
    stage.reasons = {{"params.model.c", "1", "2"}};
    plan.stages = {stage};
    fit.name = "fit";
    fit.kind = "train";
    fit.state = engine::StageState::failed;
    fit.seconds = 2;
    fit.attempts = 1;
    fit.report.warnings = {"few rows"};
    fit.error = stage_error("cannot fit").with_hint("give it rows");
    record.id = "r1";
    record.stages = {fit};
  }

  void tell(engine::Reporter& reporter) {
    reporter.run_started(plan, "r1");
    reporter.stage_started(plan.stages[0], 1);
    reporter.stage_progress("fit", 0.25, "reading");
    clock.advance(std::chrono::seconds(11));
    reporter.stage_progress("fit", 0.5, "fitting");
    reporter.stage_finished(fit);
    reporter.run_finished(record);
  }
};

TEST(PlainReporter, TellsOneLinePerEvent) {
  Captured captured;
  Story story;
  story.tell(*plain_reporter(captured.output(), Screen(), story.clock));
  EXPECT_EQ(captured.take(),
            "run r1 of p: 1 stage\n"
            "fit: started (" +
                engine::to_string(story.plan.stages[0].reasons[0]) +
                ")\n"
                "fit: 50 %, fitting\n"
                "fit: failed after 2.0 s\n"
                "warning: fit: few rows\n"
                "error: cannot fit\n"
                "hint: give it rows\n");
}

TEST(JsonReporter, StreamsOneObjectPerLine) {
  Captured captured;
  Story story;
  story.tell(*json_reporter(captured.output(), story.clock));
  const std::string text = captured.take();
  std::vector<std::string> types;
  for (size_t from = 0; from < text.size();) {
    const size_t end = text.find('\n', from);
    const auto line = parse_json(text.substr(from, end - from), "line");
    ASSERT_TRUE(line.ok());
    EXPECT_TRUE(line->contains("at"));
    types.push_back((*line)["type"]);
    from = end + 1;
  }
  EXPECT_EQ(types, (std::vector<std::string>{"run_started", "stage_started", "stage_progress", "stage_progress", "stage_finished"}));
}

TEST(GithubReporter, AnnotatesAndAppendsASummary) {
  Captured captured;
  Story story;
  const testing::TemporaryFolder folder;
  const auto file = folder.write("summary.md", "before\n");
  story.fit.error->span = SourceSpan{"a.yaml", 3, 5, 2, "ab"};
  GithubOptions options{file.string(), "ml/", [](const engine::RunRecord& record) { return "run " + record.id + "\n"; }};
  story.tell(*github_reporter(captured.output(), Screen(), std::move(options)));
  const std::string text = captured.take();
  EXPECT_NE(text.find("::group::fit: failed in 2.0 s\n"), std::string::npos) << text;
  EXPECT_NE(text.find("::endgroup::\n::warning title=fit::few rows\n::error file=ml/a.yaml,line=3,col=5,endColumn=7::cannot fit%0Ahint: give it rows\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(*read_file(file), "before\nrun r1\n");
}

TEST(HumanReporter, RedrawsInPlaceAndGivesTheCursorBack) {
  Captured captured;
  Story story;
  Screen screen;
  screen.terminal = true;
  {
    const auto reporter = human_reporter(
        captured.output(), [&] { return screen; }, story.clock);
    story.tell(*reporter);
  }
  const std::string text = captured.take();
  EXPECT_EQ(text.find("\x1b[?25l"), text.rfind("\x1b[?25l"));
  EXPECT_TRUE(text.ends_with("\x1b[?25h")) << text;
  EXPECT_NE(text.find("\r\x1b[2A\x1b[J"), std::string::npos);
  EXPECT_NE(text.find("error: cannot fit\nhint: give it rows\n"), std::string::npos);
}

TEST(HumanReporter, ARunThatReusesEverythingDrawsNothing) {
  Captured captured;
  Story story;
  Screen screen;
  screen.terminal = true;
  {
    const auto reporter = human_reporter(
        captured.output(), [&] { return screen; }, story.clock);
    story.fit.state = engine::StageState::reused;
    story.fit.error.reset();
    story.record.stages = {story.fit};
    reporter->run_started(story.plan, "r1");
    reporter->stage_finished(story.fit);
    reporter->run_finished(story.record);
  }
  EXPECT_EQ(captured.take(), "run r1 of p\n");
}

TEST(Output, DropsTextQuietlyWhenTheReaderIsGone) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::signal(SIGPIPE, SIG_IGN);
  Output output(ends[1], Output::Buffering::full);
  ::close(ends[0]);
  output.write("text");
  output.flush();
  EXPECT_TRUE(output.closed());
  EXPECT_EQ(output.error_number(), 0);
  ::close(ends[1]);
}

}  // namespace
}  // namespace mlopsctl::cli
