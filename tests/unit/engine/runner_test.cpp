// Runners by themselves: what the executor does not reach.
#include "pipeline/engine/runner.hpp"

#include <unistd.h>

#include <csignal>

#include "pipeline/engine/wire.hpp"
#include "tests/unit/engine/workbench.hpp"

namespace mlopsctl::engine {
namespace {

Job job_for(const Stage& stage, const TemporaryFolder& folder) {
  Job job;
  job.id = 1;
  job.stage = &stage;
  job.name = "a";
  job.kind = "fake";
  job.outputs = {{"out", "rows"}};
  job.scratch = folder.path();
  return job;
}

JobResult wait_for_end(Runner& runner) {
  while (true) {
    auto events = runner.wait(std::chrono::milliseconds(20));
    for (auto& event : *events)
      if (auto* result = std::get_if<JobResult>(&event.what)) return std::move(*result);
  }
}

TEST(Wire, CarriesAResultAndProgress) {
  JobResult result;
  result.report.metrics["x"] = 1.5;
  result.report.verdict = Verdict{Outcome::fail, "no", {{"accuracy >= 0.8", Outcome::fail, 0.7, 0.8, "low"}}};
  result.forwards.push_back({"model", 2});
  result.error = stage_error("line\nbreak").with_hint("h");
  result.error->span = SourceSpan{"f.yaml", 3, 4, 5, "text"};
  const std::string line = to_line(result);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto back = std::get<JobResult>(*from_line(line));
  EXPECT_EQ(to_line(back), line);
  EXPECT_EQ(back.error->span->column, 4);
  EXPECT_EQ(back.report.verdict->checks[0].threshold, 0.8);

  const auto progress = std::get<Progress>(*from_line(to_line(Progress{0.25, "reading \"x\""})));
  EXPECT_EQ(progress.fraction, 0.25);
  EXPECT_EQ(progress.what, "reading \"x\"");
  EXPECT_FALSE(from_line("{]").ok());
  EXPECT_FALSE(from_line("{}").ok());
}

TEST(ProcessRunner, KillsAfterTheGracePeriodWhatDoesNotListen) {
  TemporaryFolder folder;
  const FakeStage deaf({{"out", "rows"}}, [&](StageContext&) -> Status {
    TRY(write_file(folder / "up", ""));
    while (true) ::pause();
  });
  const auto runner = make_process_runner(std::chrono::milliseconds(50));
  ASSERT_TRUE(runner->start(job_for(deaf, folder)).ok());
  while (!std::filesystem::exists(folder / "up")) ASSERT_TRUE(runner->wait(std::chrono::milliseconds(1)).ok());
  runner->cancel(1);
  EXPECT_EQ(wait_for_end(*runner).error->message, "stage a (fake) was killed by signal 9 (Killed)");
}

TEST(ProcessRunner, TellsAStageThatListensToStop) {
  TemporaryFolder folder;
  const FakeStage polite({{"out", "rows"}}, [&](StageContext& context) -> Status {
    TRY(write_file(folder / "up", ""));
    while (!context.cancel().cancelled()) ::usleep(1000);
    return {};
  });
  const auto runner = make_process_runner(std::chrono::hours(1));
  ASSERT_TRUE(runner->start(job_for(polite, folder)).ok());
  while (!std::filesystem::exists(folder / "up")) ASSERT_TRUE(runner->wait(std::chrono::milliseconds(1)).ok());
  runner->cancel(1);
  EXPECT_EQ(wait_for_end(*runner).error->kind, ErrorKind::interrupted);
}

// The child inherits the handlers of a program that listens itself; a request to stop must not end in those.
TEST(ProcessRunner, TellsAStageToStopThatHasHardlyStarted) {
  TemporaryFolder folder;
  const FakeStage polite({{"out", "rows"}}, [](StageContext& context) -> Status {
    while (!context.cancel().cancelled()) ::usleep(1000);
    return {};
  });
  const auto before = ::signal(SIGTERM, [](int) {});
  for (int round = 0; round < 20; ++round) {
    const auto runner = make_process_runner(std::chrono::seconds(2));
    ASSERT_TRUE(runner->start(job_for(polite, folder)).ok());
    runner->cancel(1);
    const auto result = wait_for_end(*runner);
    ASSERT_EQ(result.error->kind, ErrorKind::interrupted) << "round " << round << ": " << result.error->message;
  }
  ::signal(SIGTERM, before);
}

TEST(ProcessRunner, ASuddenKillHintsAtMemory) {
  TemporaryFolder folder;
  const FakeStage victim({{"out", "rows"}}, [](StageContext&) -> Status {
    ::kill(::getpid(), SIGKILL);
    return {};
  });
  const auto runner = make_process_runner();
  ASSERT_TRUE(runner->start(job_for(victim, folder)).ok());
  EXPECT_EQ(wait_for_end(*runner).error->hint,
            "the kernel kills the largest process when memory runs out: run fewer stages at once (-j 1), or give it less data");
}

// A helper that the stage started and forgot keeps the pipe open; the stage's end must be seen all the same, and the helper ended.
TEST(ProcessRunner, SeesTheEndOfAStageWhoseHelperLivesOn) {
  TemporaryFolder folder;
  const FakeStage forgetful({{"out", "rows"}}, [&](StageContext& context) -> Status {
    const pid_t helper = ::fork();
    if (helper == 0)
      while (true) ::pause();
    TRY(write_file(folder / "helper", std::to_string(helper)));
    return write_file(context.output("out"), "x");
  });
  const auto runner = make_process_runner();
  ASSERT_TRUE(runner->start(job_for(forgetful, folder)).ok());
  EXPECT_FALSE(wait_for_end(*runner).error.has_value());
  const std::string stat = "/proc/" + *read_file(folder / "helper") + "/stat";
  const auto alive = [&] {
    const auto text = read_file(stat);
    return text.ok() && text->find(") Z ") == std::string::npos;
  };
  for (int i = 0; i < 5000 && alive(); ++i) ::usleep(1000);
  EXPECT_FALSE(alive());
}

TEST(ThreadRunner, EndsItsThreadsWhenItIsDropped) {
  TemporaryFolder folder;
  std::atomic<bool> ended{false};
  const FakeStage endless({{"out", "rows"}}, [&](StageContext& context) -> Status {
    while (!context.cancel().cancelled()) ::usleep(1000);
    ended = true;
    return {};
  });
  {
    const auto runner = make_thread_runner();
    ASSERT_TRUE(runner->start(job_for(endless, folder)).ok());
  }
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace mlopsctl::engine
