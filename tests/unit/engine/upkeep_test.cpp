// verify, gc, sweep.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "pipeline/engine/scratch.hpp"
#include "tests/unit/engine/workbench.hpp"

namespace mlopsctl::engine {
namespace {

struct Bench : Workbench {
  PipelineBuilder p;
  Bench() {
    folder.write("train.csv", "abc");
    p.input("train", "train.csv").stage("a", "train", {"train"}, {{"text", "0"}});
  }
  RunRecord run_with(const std::string& text) {
    p.last().params["text"] = text;
    return run(p);
  }
};

Digest only_artifact(const RunRecord& record) { return record.stages[0].artifacts[0].digest; }

TEST(Verify, FindsAFlippedByteOnlyByReadingAndMissingOnesAlways) {
  Bench bench;
  const Digest flipped = only_artifact(bench.run_with("1")), gone = only_artifact(bench.run_with("2")), cut = only_artifact(bench.run_with("3"));
  bench.run_with("4");
  Store store = bench.open();
  for (const auto& digest : {flipped, cut}) std::filesystem::permissions(store.path_of(digest), std::filesystem::perms::owner_all);
  ASSERT_TRUE(write_file(store.path_of(flipped), "abd1").ok());
  ASSERT_TRUE(write_file(store.path_of(cut), "abc").ok());
  std::filesystem::remove(store.path_of(gone));

  const auto quick = store.verify(false);
  ASSERT_TRUE(quick.ok());
  EXPECT_EQ(quick->checked, 3);
  EXPECT_EQ(quick->damaged, std::vector<std::string>{cut.str()});
  EXPECT_EQ(quick->missing, std::vector<std::string>{gone.str()});

  const auto thorough = store.verify(true);
  ASSERT_TRUE(thorough.ok());
  EXPECT_EQ(thorough->damaged, std::vector<std::string>{flipped.str()});
  EXPECT_TRUE(thorough->missing.empty());
  EXPECT_TRUE(std::filesystem::exists(bench.folder / (".mlopsctl/quarantine/" + flipped.hex())));
  EXPECT_EQ(brief(bench.run_with("1")), "a succeeded");
  EXPECT_EQ(brief(bench.run_with("4")), "a reused");
}

TEST(Gc, KeepsWhatALinkInReleasesNames) {
  Bench bench;
  const Digest linked = only_artifact(bench.run_with("1")), other = only_artifact(bench.run_with("2"));
  bench.run_with("3");
  std::filesystem::create_directory(bench.folder / ".mlopsctl/releases");
  std::filesystem::create_symlink("../store/" + linked.hex().substr(0, 2) + "/" + linked.hex().substr(2), bench.folder / ".mlopsctl/releases/prod");
  std::filesystem::create_symlink("nowhere", bench.folder / ".mlopsctl/releases/odd");
  ASSERT_TRUE(bench.open().gc(1, false).ok());
  EXPECT_TRUE(bench.open().has(linked));
  EXPECT_FALSE(bench.open().has(other));
}

TEST(Gc, KeepsWhatTheLastRunsAndTheAliasesReferTo) {
  Bench bench;
  const Digest one = only_artifact(bench.run_with("1")), two = only_artifact(bench.run_with("2")), three = only_artifact(bench.run_with("3"));
  const Digest four = only_artifact(bench.run_with("4"));
  bench.run_with("3");  // reused: kept for the run that used it, not for the one that made it
  ASSERT_TRUE(bench.open().set_alias("prod", one, "", "set").ok());

  const auto dry = bench.open().gc(2, true);
  ASSERT_TRUE(dry.ok());
  EXPECT_EQ(dry->removed, 1);
  EXPECT_EQ(dry->removed_bytes, 4);
  EXPECT_EQ(dry->kept, 3);
  EXPECT_TRUE(bench.open().has(two));

  ASSERT_TRUE(bench.open().gc(2, false).ok());
  Store store = bench.open();
  EXPECT_TRUE(store.has(one));
  EXPECT_FALSE(store.has(two));
  EXPECT_TRUE(store.has(three));
  EXPECT_TRUE(store.has(four));
  EXPECT_TRUE(store.verify(true)->missing.empty());
  EXPECT_EQ(store.runs("", 10)->size(), 5u) << "history stays readable";
  EXPECT_EQ(brief(bench.run_with("2")), "a succeeded");
}

TEST(Gc, KeepsWhatALiveRunWorksWith) {
  Bench bench;
  const Digest used = only_artifact(bench.run_with("1"));
  bench.run_with("2");
  bench.run_with("3");
  int ready[2], go[2];
  ASSERT_EQ(::pipe(ready) | ::pipe(go), 0);
  const pid_t live = ::fork();
  if (live == 0) {
    auto scratch = Scratch::create(bench.folder / ".mlopsctl", "20260101-000000-0000");
    (void)scratch->keep(used);
    char byte = 0;
    (void)!::write(ready[1], "x", 1);
    (void)!::read(go[0], &byte, 1);
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ASSERT_TRUE(bench.open().gc(1, false).ok());
  EXPECT_TRUE(bench.open().has(used));
  EXPECT_TRUE(std::filesystem::exists(bench.folder / ".mlopsctl/tmp/20260101-000000-0000"));

  ::kill(live, SIGKILL);
  int status = 0;
  ::waitpid(live, &status, 0);
  ASSERT_TRUE(bench.open().gc(1, false).ok());
  EXPECT_FALSE(bench.open().has(used));
  EXPECT_TRUE(std::filesystem::is_empty(bench.folder / ".mlopsctl/tmp"));
}

// The killed run never became a record; what it made is what the next run will want.
TEST(Gc, KeepsResultsOfAKilledRun) {
  Bench bench;
  bench.run_with("1");
  Store store = bench.open();
  const Artifact artifact = *store.adopt(bench.folder.write("x", "made by a killed run"), "out", "model");
  CachedResult result;
  result.key = CacheKey{digest_of("k")};
  result.stage = "a";
  result.artifacts = {artifact};
  ASSERT_TRUE(store.remember("test", result).ok());
  ASSERT_TRUE(store.gc(1, false).ok());
  EXPECT_TRUE(store.has(artifact.digest));
}

}  // namespace
}  // namespace mlopsctl::engine
