// Whole runs with fake stages, in child processes and in threads.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "tests/unit/engine/workbench.hpp"

namespace mlopsctl::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Bench : Workbench {
  PipelineBuilder p;
  Bench() {
    folder.write("train.csv", "abc");
    p.input("train", "train.csv");
  }
  void kind(const std::string& name, FakeStage::Run run, std::vector<OutputDecl> outputs = {{"out", "rows"}}) {
    registry[name] = std::make_unique<FakeStage>(std::move(outputs), std::move(run));
  }
};

// Both kinds of runner must behave alike.
class Execute : public ::testing::TestWithParam<const char*> {
 protected:
  Execute() { bench.options.runner = GetParam(); }
  Bench bench;
};
INSTANTIATE_TEST_SUITE_P(Runners, Execute, ::testing::Values("process", "thread"), [](const auto& param) { return std::string(param.param); });

TEST_P(Execute, RunsInOrderAndTellsItsStory) {
  bench.p.stage("clean", "concat", {"train"}, {{"text", "-"}}).stage("fit", "train", {"clean"});
  const RunRecord record = bench.run(bench.p);
  EXPECT_EQ(record.state, RunState::succeeded);
  EXPECT_THAT(bench.reporter.lines, ElementsAre("run test", "start clean 1", "clean succeeded", "start fit 1", "fit succeeded", "run succeeded"));
  EXPECT_EQ(bench.content(record.stages[1].artifacts[0]), "abc-");
  EXPECT_EQ(record.stages[1].artifacts[0].type, "model");
  EXPECT_EQ(record.stages[1].artifacts[0].size, 4u);
  EXPECT_EQ(record.stages[1].attempts, 1);
  EXPECT_TRUE(std::filesystem::is_empty(bench.folder / ".mlopsctl/tmp"));

  bench.run(bench.p);
  EXPECT_THAT(bench.reporter.lines, ElementsAre("run test", "clean reused", "fit reused", "run succeeded"));
}

TEST_P(Execute, CutsOffEarlyWhenTheBytesAreTheSame) {
  bench.kind("length", [](StageContext& context) -> Status {
    return write_file(context.output("out"), std::to_string(std::filesystem::file_size(context.inputs()[0].path)));
  });
  bench.p.stage("measure", "length", {"train"}).stage("fit", "train", {"measure"});
  bench.run(bench.p);
  bench.folder.write("train.csv", "xyz");
  EXPECT_EQ(brief(bench.plan(bench.p)), "measure run, fit pending");
  EXPECT_EQ(brief(bench.run(bench.p)), "measure succeeded, fit reused");
}

TEST_P(Execute, CarriesTheReport) {
  bench.kind("report", [](StageContext& context) -> Status {
    context.progress(0.5, "half");
    context.report().metrics["accuracy"] = 0.875;
    context.report().summary = {{"rows", 3}};
    context.report().warnings.push_back("careful");
    return write_file(context.output("out"), "x");
  });
  bench.p.stage("judge", "report", {"train"});
  bench.run(bench.p);
  EXPECT_THAT(bench.reporter.progress, ElementsAre("judge: half"));
  const RunRecord again = bench.run(bench.p);
  EXPECT_EQ(again.stages[0].state, StageState::reused);
  EXPECT_EQ(again.stages[0].report.metrics.at("accuracy"), 0.875);
  EXPECT_EQ(again.stages[0].report.summary, (Json{{"rows", 3}}));
  EXPECT_EQ(again.stages[0].report.warnings, std::vector<std::string>{"careful"});
}

TEST_P(Execute, AVerdictThatIsNotPassBlocksAlsoFromTheCache) {
  bench.kind("gate", [](StageContext& context) -> Status {
    Verdict verdict;
    verdict.outcome = context.params()["outcome"] == "fail" ? Outcome::fail : Outcome::inconclusive;
    verdict.summary = "accuracy 0.79 < 0.83";
    context.report().verdict = verdict;
    return write_file(context.output("out"), "x");
  });
  bench.p.stage("judge", "gate", {"train"}, {{"outcome", "fail"}}).stage("release", "concat", {"judge"}).stage("announce", "concat", {"release"});
  bench.p.stage("other", "concat", {"train"});
  const RunRecord first = bench.run(bench.p);
  EXPECT_EQ(brief(first), "judge succeeded, release blocked, announce blocked, other succeeded");
  EXPECT_EQ(first.state, RunState::refused);
  EXPECT_EQ(exit_code(first.state), 1);
  EXPECT_EQ(reasons_of(first.stages[1].reasons), "judge said fail: accuracy 0.79 < 0.83");
  EXPECT_EQ(reasons_of(first.stages[2].reasons), "release is blocked");

  EXPECT_EQ(brief(bench.plan(bench.p)), "judge reuse, release blocked, announce blocked, other reuse");
  const RunRecord second = bench.run(bench.p);
  EXPECT_EQ(brief(second), "judge reused, release blocked, announce blocked, other reused");
  EXPECT_EQ(second.state, RunState::refused);

  bench.p.pipeline.stages[0].params["outcome"] = "unsure";
  EXPECT_EQ(reasons_of(bench.run(bench.p).stages[1].reasons), "judge said inconclusive: accuracy 0.79 < 0.83");
}

TEST_P(Execute, AFailureSkipsWhatNeedsItAndNothingElse) {
  bench.kind("bad", [](StageContext&) -> Status { return stage_error("row 3 is torn").with_hint("mend it"); });
  bench.p.stage("a", "bad", {"train"}).stage("b", "concat", {"a"}).stage("c", "concat", {"b"}).stage("d", "concat", {"train"});
  const RunRecord record = bench.run(bench.p);
  EXPECT_EQ(brief(record), "a failed, b skipped, c skipped, d succeeded");
  EXPECT_EQ(record.state, RunState::failed);
  EXPECT_EQ(record.stages[0].error->message, "row 3 is torn");
  EXPECT_EQ(record.stages[0].error->hint, "mend it");
  EXPECT_EQ(record.stages[0].error->span->line, 20);
  EXPECT_EQ(reasons_of(record.stages[1].reasons), "a failed");
  EXPECT_EQ(reasons_of(record.stages[2].reasons), "b was skipped");
  EXPECT_EQ(brief(bench.plan(bench.p)), "a run, b pending, c pending, d reuse");
}

TEST_P(Execute, RetriesAndCountsAttempts) {
  bench.kind("flaky", [mark = bench.folder / "mark"](StageContext& context) -> Status {
    std::ofstream(mark, std::ios::app) << "x";
    if (std::filesystem::file_size(mark) < 3) return stage_error("not yet");
    return write_file(context.output("out"), "x");
  });
  bench.p.stage("a", "flaky", {"train"});
  bench.p.last().retries = 2;
  const RunRecord record = bench.run(bench.p);
  EXPECT_EQ(record.stages[0].state, StageState::succeeded);
  EXPECT_EQ(record.stages[0].attempts, 3);
  EXPECT_THAT(bench.reporter.lines, ElementsAre("run test", "start a 1", "start a 2", "start a 3", "a succeeded", "run succeeded"));
}

TEST_P(Execute, ThrowingAndForgettingAnOutputAreBugsNotCrashes) {
  bench.kind("throws", [](StageContext&) -> Status { throw std::runtime_error("oops"); });
  bench.kind("forgets", [](StageContext&) -> Status { return {}; });
  bench.kind("invents", [](StageContext& context) -> Status { return write_file(context.output("other"), "x"); });
  bench.p.stage("a", "throws", {"train"}).stage("b", "forgets", {"train"}).stage("c", "invents", {"train"});
  const RunRecord record = bench.run(bench.p);
  EXPECT_EQ(record.stages[0].error->message, "a bug in stage a (throws): oops");
  EXPECT_EQ(record.stages[1].error->message, "a bug in stage b (forgets): it did not write its output out");
  EXPECT_EQ(record.stages[2].error->message, "a bug in stage c (invents): writes an output it did not declare: other");
  EXPECT_EQ(record.stages[0].error->kind, ErrorKind::internal);
}

TEST_P(Execute, ForwardsAnInputWithoutCopyingIt) {
  bench.kind("pass",
             [](StageContext& context) -> Status {
               context.forward("model", context.inputs()[0]);
               return {};
             },
             {{"model", "model"}});
  bench.folder.write("given/weights", "w");
  bench.p.stage("fit", "train", {"train"}).stage("judge", "pass", {"fit"}).stage("outside", "pass", {}).model("base", "given");
  const RunRecord record = bench.run(bench.p);
  EXPECT_EQ(brief(record), "fit succeeded, judge succeeded, outside succeeded");
  EXPECT_EQ(record.stages[1].artifacts[0].digest, record.stages[0].artifacts[0].digest);
  EXPECT_EQ(record.stages[1].artifacts[0].size, 3u);
  EXPECT_TRUE(std::filesystem::exists(bench.open().path_of(record.stages[2].artifacts[0].digest) / "weights"));
}

TEST_P(Execute, PublishesOnceAndRespectsARollback) {
  bench.kind("release",
             [](StageContext& context) -> Status {
               context.forward("model", context.inputs()[0]);
               context.report().publications.push_back({"prod", "model"});
               return {};
             },
             {{"model", "model"}});
  bench.p.stage("fit", "train", {"train"}, {{"text", "1"}}).stage("release", "release", {"fit"});
  const auto digest_now = [&] { return (*bench.open().alias("prod"))->model; };
  const auto versions = [&] { return bench.open().alias_history("prod")->size(); };
  const Digest first = bench.run(bench.p).stages[1].artifacts[0].digest;
  EXPECT_EQ(digest_now(), first);
  bench.run(bench.p);
  EXPECT_EQ(versions(), 1u);

  bench.p.pipeline.stages[0].params["text"] = "2";
  const Digest second = bench.run(bench.p).stages[1].artifacts[0].digest;
  EXPECT_EQ(digest_now(), second);

  ASSERT_TRUE(bench.open().set_alias("prod", first, "", "rollback").ok());
  bench.run(bench.p);
  EXPECT_EQ(digest_now(), first) << "a run with nothing to do must not undo a rollback";

  bench.p.pipeline.stages[0].params["text"] = "1";  // the pipeline itself goes back: that is its release now
  ASSERT_TRUE(bench.open().set_alias("prod", second, "", "set").ok());
  bench.run(bench.p);
  EXPECT_EQ(digest_now(), first);
}

TEST_P(Execute, ATimeOutEndsTheStageAndTheRun) {
  bench.kind("endless", [](StageContext& context) -> Status {
    while (!context.cancel().cancelled()) ::usleep(1000);
    return {};
  });
  bench.p.stage("a", "endless", {"train"}).stage("b", "concat", {"a"});
  bench.p.pipeline.stages[0].timeout = 90;
  bench.reporter.on_tick = [&] { bench.clock.advance(std::chrono::seconds(60)); };
  const RunRecord record = bench.run(bench.p);
  EXPECT_EQ(brief(record), "a timed_out, b skipped");
  EXPECT_EQ(record.state, RunState::timed_out);
  EXPECT_EQ(exit_code(record.state), 5);
  EXPECT_EQ(record.stages[0].error->message, "stage a (endless) ran longer than its timeout of 1 min 30 s");
}

TEST_P(Execute, AnInputThatChangesMeanwhileIsNotRemembered) {
  bench.kind("meddle", [file = bench.folder / "train.csv"](StageContext& context) -> Status {
    TRY(write_file(file, "changed"));
    return write_file(context.output("out"), "x");
  });
  bench.p.stage("a", "meddle", {"train"});
  const RunRecord record = bench.run(bench.p);
  EXPECT_EQ(record.stages[0].error->message, "train.csv changed while stage a was reading it");
  EXPECT_EQ(brief(bench.plan(bench.p)), "a run");
}

TEST_P(Execute, SameDigestsHoweverManyAtOnce) {
  for (int i = 0; i < 6; ++i) bench.p.stage("s" + std::to_string(i), "concat", {"train"}, {{"text", std::to_string(i)}});
  bench.p.stage("all", "concat", {"s5", "s0", "s3", "s1"});
  const RunRecord one = bench.run(bench.p);
  Bench other;
  other.options.runner = GetParam();
  other.options.jobs = 4;
  other.p = bench.p;
  const RunRecord four = other.run(other.p);
  for (size_t i = 0; i < one.stages.size(); ++i) {
    EXPECT_EQ(one.stages[i].key, four.stages[i].key);
    EXPECT_EQ(one.stages[i].artifacts[0].digest, four.stages[i].artifacts[0].digest);
  }
}

TEST(ExecuteProcess, ACrashNamesTheSignalAndWhatWasPrinted) {
  Bench bench;
  bench.kind("crash", [](StageContext&) -> Status {
    std::fputs("about to crash\n", stderr);
    std::signal(SIGSEGV, SIG_DFL);
    std::raise(SIGSEGV);
    return {};
  });
  bench.kind("leave", [](StageContext&) -> Status { ::_exit(7); });
  bench.p.stage("a", "crash", {"train"}).stage("b", "leave", {"train"});
  const RunRecord record = bench.run(bench.p);
  EXPECT_EQ(record.stages[0].error->message, "stage a (crash) was killed by signal 11 (Segmentation fault)");
  EXPECT_THAT(record.stages[0].error->notes, ElementsAre("the last it printed:\nabout to crash"));
  EXPECT_EQ(record.stages[1].error->message, "stage b (leave) ended with exit code 7 before it reported a result");
  EXPECT_EQ(record.state, RunState::failed);
}

TEST(ExecuteProcess, AFullDiskIsAnErrorAndNotARememberedResult) {
  Bench bench;
  bench.kind("full", [](StageContext& context) -> Status {
    std::filesystem::create_symlink("/dev/full", context.output("out"));
    return write_file(context.output("out"), "x");
  });
  bench.p.stage("a", "full", {"train"});
  const RunRecord record = bench.run(bench.p);
  EXPECT_THAT(record.stages[0].error->message, HasSubstr("No space left on device"));
  EXPECT_THAT(record.stages[0].error->hint, HasSubstr("mlopsctl cache gc"));
  EXPECT_EQ(brief(bench.plan(bench.p)), "a run");
}

TEST(ExecuteProcess, MeasuresMemory) {
  Bench bench;
  bench.p.stage("a", "concat", {"train"});
  EXPECT_GT(bench.run(bench.p).stages[0].peak_memory, 1 << 20);
}

TEST(ExecuteThread, OneStageThatAsksForAThreadDecidesForAll) {
  Bench bench;
  bench.kind("where", [](StageContext& context) -> Status { return write_file(context.output("out"), std::to_string(::getpid())); });
  bench.p.stage("a", "where", {"train"}).stage("b", "concat", {"a"});
  bench.p.last().runner = "thread";
  const RunRecord record = bench.run(bench.p);
  EXPECT_EQ(bench.content(record.stages[0].artifacts[0]), std::to_string(::getpid()));
}

TEST(Execute1, AsksForProvenanceOnlyIfSomethingRuns) {
  Bench bench;
  int asked = 0;
  bench.options.provenance = [&] {
    ++asked;
    return Provenance{"c0ffee", "main", "https://example.org/x", true};
  };
  bench.p.stage("a", "concat", {"train"});
  EXPECT_EQ(bench.run(bench.p).provenance.commit, "c0ffee");
  bench.run(bench.p);
  EXPECT_EQ(asked, 1);
}

// The other run is a child process that holds the lease until it is told to go.
TEST(MadeBy, NamesTheRunThatMadeTheSameResults) {
  Bench bench;
  const auto run = [&] {
    Store store = bench.open();
    const RunRecord record = *execute(bench.p.pipeline, bench.registry, store, bench.options, bench.clock, bench.cancel, bench.reporter);
    return std::pair(record, *store.made_by(record));
  };
  bench.p.stage("clean", "concat", {"train"}, {{"text", "-"}}).stage("fit", "train", {"clean"});
  const std::string first = run().first.id;
  for (int i = 0; i < 5; ++i) {
    const auto [again, maker] = run();
    EXPECT_EQ(brief(again), "clean reused, fit reused");
    EXPECT_EQ(maker, first);
  }
  bench.folder.write("train.csv", "other");
  const std::string second = run().first.id;
  EXPECT_EQ(run().second, second);
  bench.folder.write("train.csv", "abc");
  EXPECT_EQ(run().second, first);
  bench.options.only = {"clean"};
  EXPECT_EQ(run().second, std::nullopt) << "the first run had another stage too";
}

TEST(Lease, WaitsForTheOtherOrSaysWhoItIs) {
  Bench bench;
  bench.kind("hold", [go = bench.folder / "go", up = bench.folder / "up"](StageContext& context) -> Status {
    TRY(write_file(up, ""));
    while (!std::filesystem::exists(go)) ::usleep(1000);
    return write_file(context.output("out"), "x");
  });
  bench.p.stage("a", "hold", {"train"});
  bench.options.command = "mlopsctl run -f other.yaml";
  const pid_t other = ::fork();
  if (other == 0) {
    bench.run(bench.p);
    ::_exit(0);
  }
  while (!std::filesystem::exists(bench.folder / "up")) ::usleep(1000);

  bench.options.wait = false;
  const auto refused = bench.try_run(bench.p);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message,
            "pipeline test is being run by process " + std::to_string(other) + " (mlopsctl run -f other.yaml, since " + rfc3339(bench.clock.now()) + ")");
  EXPECT_EQ(exit_code(refused.error().kind), 3);

  bench.options.wait = true;
  bench.cancel.cancel();
  const auto cancelled = bench.try_run(bench.p);
  ASSERT_FALSE(cancelled.ok());
  EXPECT_EQ(cancelled.error().kind, ErrorKind::interrupted);

  CancelToken fresh;
  bench.reporter.lines.clear();
  bench.reporter.on_tick = [&] { (void)write_file(bench.folder / "go", ""); };
  Store store = bench.open();
  const auto record = execute(bench.p.pipeline, bench.registry, store, bench.options, bench.clock, fresh, bench.reporter);
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->stages[0].state, StageState::reused);
  EXPECT_THAT(bench.reporter.lines[0], HasSubstr("waiting for process " + std::to_string(other)));
  int status = 0;
  ::waitpid(other, &status, 0);
}

TEST(Killed, LeavesNoOrphanNoLockAndNoHalfArtifact) {
  Bench bench;
  bench.kind("slow", [pid = bench.folder / "pid"](StageContext& context) -> Status {
    TRY(write_file(context.output("out"), "half"));
    if (context.params()["hang"] == false || std::filesystem::exists(pid)) return {};
    TRY(write_file_atomically(pid, std::to_string(::getpid())));
    while (true) ::pause();
  });
  bench.p.stage("a", "concat", {"train"}).stage("b", "slow", {"a"}, {{"hang", true}});
  const pid_t runner = ::fork();
  if (runner == 0) {
    bench.run(bench.p);
    ::_exit(0);
  }
  while (!std::filesystem::exists(bench.folder / "pid")) ::usleep(1000);
  const pid_t stage = std::stoi(*read_file(bench.folder / "pid"));
  ::kill(runner, SIGKILL);
  int status = 0;
  ::waitpid(runner, &status, 0);
  // The stage dies with its parent; the kernel needs a moment to hand it on and reap it.
  for (int i = 0; i < 5000 && ::kill(stage, 0) == 0 && read_file("/proc/" + std::to_string(stage) + "/stat")->find(") Z ") == std::string::npos; ++i)
    ::usleep(1000);
  EXPECT_TRUE(::kill(stage, 0) != 0 || read_file("/proc/" + std::to_string(stage) + "/stat")->find(") Z ") != std::string::npos);

  const RunRecord record = bench.run(bench.p);
  EXPECT_EQ(brief(record), "a reused, b succeeded");
  EXPECT_TRUE(std::filesystem::is_empty(bench.folder / ".mlopsctl/tmp"));
}

}  // namespace
}  // namespace mlopsctl::engine
