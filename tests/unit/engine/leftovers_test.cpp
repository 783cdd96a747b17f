// Checkpoints and memos: what outlives an execution without being a result.
#include "pipeline/engine/leftovers.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/unit/engine/workbench.hpp"

namespace mlopsctl::engine {
namespace {

namespace fs = std::filesystem;

// A stage that gets one step further in each execution, and ends in the third.
Status step(StageContext& context) {
  TRY_ASSIGN(const fs::path folder, context.checkpoints());
  TRY_ASSIGN(const fs::path memo, context.memo(digest_of("shared")));
  std::string steps;
  if (auto before = read_file(folder / "steps")) steps = *before;
  steps += "x";
  TRY(write_file_atomically(folder / "steps", steps));
  if (!fs::exists(memo)) TRY(write_file_atomically(memo, "worked out in step " + std::to_string(steps.size())));
  if (steps.size() == 1) ::raise(SIGKILL);
  if (steps.size() == 2) return stage_error("stumbled");
  TRY_ASSIGN(const std::string remembered, read_file(memo));
  return write_file(context.output("out"), steps + ", " + remembered);
}

TEST(Leftovers, AnExecutionGoesOnWhereTheLastOneEnded) {
  Workbench bench;
  bench.registry["steps"] = std::make_unique<FakeStage>(std::vector<OutputDecl>{{"out", "rows"}}, step);
  PipelineBuilder p;
  bench.folder.write("train.csv", "abc");
  p.input("train", "train.csv").stage("a", "steps", {"train"});
  EXPECT_EQ(bench.run(p).stages[0].error->message, "stage a (steps) was killed by signal 9 (Killed)");
  EXPECT_EQ(bench.run(p).stages[0].error->message, "stumbled");
  const RunRecord last = bench.run(p);
  ASSERT_EQ(brief(last), "a succeeded");
  EXPECT_EQ(bench.content(last.stages[0].artifacts[0]), "xxx, worked out in step 1");
  EXPECT_TRUE(fs::is_empty(bench.folder / ".mlopsctl/checkpoints"));

  p.last().params["other"] = 1;  // another key begins anew, and in a thread
  bench.options.runner = "thread";
  bench.registry["steps"] = std::make_unique<FakeStage>(std::vector<OutputDecl>{{"out", "rows"}}, [](StageContext& context) -> Status {
    TRY_ASSIGN(const fs::path folder, context.checkpoints());
    return write_file(context.output("out"), fs::exists(folder / "steps") ? "old" : "new");
  });
  const RunRecord other = bench.run(p);
  EXPECT_EQ(bench.content(other.stages[0].artifacts[0]), "new");
  EXPECT_TRUE(fs::is_empty(bench.folder / ".mlopsctl/checkpoints"));
}

TEST(Leftovers, OneExecutionAtATimeUsesAKeysCheckpoints) {
  const TemporaryFolder project;
  const fs::path folder = checkpoints_of(project.path(), CacheKey{digest_of("k")});
  auto mine = std::make_unique<std::optional<Checkpoints>>(std::move(*Checkpoints::take(folder)));
  ASSERT_TRUE(mine->has_value());
  EXPECT_FALSE(Checkpoints::take(folder)->has_value()) << "another thread of this process";
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  int status = 0;
  ::waitpid(child, &status, 0);
  const auto in_child = [&] {
    const pid_t pid = ::fork();
    if (pid == 0) {
      const auto lock = FileLock::try_lock(folder / "lock", FileLock::Mode::exclusive);
      ::_exit(lock && lock->has_value() ? 1 : 0);
    }
    int code = 0;
    ::waitpid(pid, &code, 0);
    return WEXITSTATUS(code);
  };
  EXPECT_EQ(in_child(), 0) << "another process";
  ASSERT_TRUE(drop_checkpoints(folder).ok());
  EXPECT_TRUE(fs::exists(folder)) << "in use";
  mine.reset();
  EXPECT_EQ(in_child(), 1);
  ASSERT_TRUE(drop_checkpoints(folder).ok());
  EXPECT_FALSE(fs::exists(folder));
}

TEST(Leftovers, GcRemovesThemAfterAWeekUntouched) {
  Workbench bench;
  Store store = bench.open();
  const fs::path root = bench.folder / ".mlopsctl";
  bench.folder.write(".mlopsctl/memo/" + digest_of("m").hex(), "12345");
  const fs::path used = checkpoints_of(root, CacheKey{digest_of("used")}), orphan = checkpoints_of(root, CacheKey{digest_of("orphan")});
  auto mine = Checkpoints::take(used);
  ASSERT_TRUE(Checkpoints::take(orphan)->has_value());
  ASSERT_TRUE(write_file(orphan / "state", "123").ok());
  EXPECT_EQ(store.gc(1, false)->leftovers, 0);
  bench.clock.advance(std::chrono::hours(7 * 24));
  const auto dry = store.gc(1, true);
  EXPECT_EQ(dry->leftovers, 2);
  EXPECT_EQ(dry->leftover_bytes, 8);
  EXPECT_TRUE(fs::exists(orphan));
  EXPECT_EQ(store.gc(1, false)->leftovers, 2);
  EXPECT_FALSE(fs::exists(orphan));
  EXPECT_TRUE(fs::exists(used)) << "in use, whatever its age";
  EXPECT_TRUE(fs::is_empty(root / "memo"));
}

}  // namespace
}  // namespace mlopsctl::engine
