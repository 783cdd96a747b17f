#include "pipeline/engine/store.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <array>
#include <latch>
#include <thread>

#include "pipeline/engine/index_schema.hpp"
#include "pipeline/engine/sqlite.hpp"
#include "tests/unit/engine/workbench.hpp"

namespace mlopsctl::engine {
namespace {

using ::testing::HasSubstr;

// Changes the index behind the store's back; returns how many rows the statement changed.
int64_t tamper(const Workbench& bench, const std::string& statement) {
  bool damaged = false;
  const auto db = Database::open(bench.folder / ".mlopsctl/index.sqlite", damaged);
  if (!db || !(*db)->script(statement.c_str())) throw std::runtime_error("cannot " + statement);
  Query changes = (*db)->query("SELECT changes()");
  return changes.next() ? changes.integer(0) : -1;
}

CachedResult result_of(const std::string& key, std::vector<Artifact> artifacts, double seconds = 1) {
  CachedResult result;
  result.key = CacheKey{digest_of(key)};
  result.stage = "fit";
  result.parts = {{"seed", "1"}};
  result.artifacts = std::move(artifacts);
  result.run_id = "r";
  result.seconds = seconds;
  return result;
}

TEST(Adopt, MovesAFileInReadOnlyUnderItsDigest) {
  Workbench bench;
  Store store = bench.open();
  const auto artifact = store.adopt(bench.folder.write("scratch/out", "bytes"), "model", "model");
  ASSERT_TRUE(artifact.ok());
  EXPECT_EQ(artifact->digest, digest_of("bytes"));
  EXPECT_EQ(artifact->size, 5u);
  EXPECT_FALSE(std::filesystem::exists(bench.folder / "scratch/out"));
  EXPECT_EQ(*read_file(store.path_of(artifact->digest)), "bytes");
  struct stat info {};
  ::stat(store.path_of(artifact->digest).c_str(), &info);
  EXPECT_EQ(info.st_mode & 0777, 0444u);
  EXPECT_EQ(store.path_of(artifact->digest).string(),
            (bench.folder / ".mlopsctl/store").string() + "/" + artifact->digest.hex().substr(0, 2) + "/" + artifact->digest.hex().substr(2));
}

TEST(Adopt, AFolderTwiceIsOneArtifact) {
  Workbench bench;
  Store store = bench.open();
  const auto make = [&](const std::string& name) {
    bench.folder.write(name + "/a", "1");
    bench.folder.write(name + "/sub/b", "22");
    return store.adopt(bench.folder / name, "m", "model");
  };
  const auto first = make("one"), second = make("two");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->digest, second->digest);
  EXPECT_EQ(first->size, 3u);
  EXPECT_FALSE(std::filesystem::exists(bench.folder / "two"));
}

// A power failure may leave an empty husk under the right name; running again must mend it.
TEST(Adopt, ReplacesADamagedArtifact) {
  Workbench bench;
  Store store = bench.open();
  const Digest digest = store.adopt(bench.folder.write("a", "bytes"), "m", "model")->digest;
  std::filesystem::permissions(store.path_of(digest), std::filesystem::perms::owner_all);
  ASSERT_TRUE(write_file(store.path_of(digest), "").ok());
  ASSERT_TRUE(store.adopt(bench.folder.write("b", "bytes"), "m", "model").ok());
  EXPECT_EQ(*read_file(store.path_of(digest)), "bytes");
  EXPECT_TRUE(std::filesystem::exists(bench.folder / (".mlopsctl/quarantine/" + digest.hex())));
}

TEST(Results, ComeBackAsTheyWere) {
  Workbench bench;
  {
    Store store = bench.open();
    CachedResult result = result_of("k", {*store.adopt(bench.folder.write("a", "bytes"), "model", "model")}, 2.5);
    result.report.metrics["x"] = 1;
    ASSERT_TRUE(store.remember("p", result).ok());
  }
  Store store = bench.open();
  const auto found = *store.find(CacheKey{digest_of("k")});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->artifacts[0].name, "model");
  EXPECT_EQ(found->artifacts[0].size, 5u);
  EXPECT_EQ(found->report.metrics.at("x"), 1);
  EXPECT_EQ(found->parts[0].name, "seed");
  EXPECT_EQ(found->seconds, 2.5);
  EXPECT_EQ(found->run_id, "r");
  EXPECT_FALSE((*store.find(CacheKey{digest_of("other")})).has_value());
  ASSERT_TRUE(store.forget(CacheKey{digest_of("k")}).ok());
  EXPECT_FALSE((*store.find(CacheKey{digest_of("k")})).has_value());
}

TEST(Results, ExpectTheMedianOfTheLastFive) {
  Workbench bench;
  Store store = bench.open();
  EXPECT_FALSE((*store.expected_seconds("p", "fit")).has_value());
  for (const double seconds : {100.0, 1.0, 2.0, 9.0, 3.0, 4.0}) ASSERT_TRUE(store.remember("p", result_of("k", {}, seconds)).ok());
  EXPECT_DOUBLE_EQ(**store.expected_seconds("p", "fit"), 3);
  EXPECT_FALSE((*store.expected_seconds("q", "fit")).has_value());
}

// Reboot: the kernel has another boot id than the one kept beside a result that was not flushed.
TEST(Results, FromBeforeAPowerFailureAreHashedBeforeTheyAreBelieved) {
  Workbench bench;
  const auto make = [&](const std::string& bytes) {
    Store store = bench.open();
    const Artifact artifact = *store.adopt(bench.folder.write("a", bytes), "m", "model", Store::Flush::later);
    EXPECT_TRUE(store.remember("p", result_of(bytes, {artifact})).ok());
    return store.path_of(artifact.digest);
  };
  make("sound");
  const auto torn = make("torn");
  std::filesystem::permissions(torn, std::filesystem::perms::owner_all);
  ASSERT_TRUE(write_file(torn, "to").ok());
  EXPECT_EQ(tamper(bench, "UPDATE results SET boot = 'an earlier one' WHERE boot != ''"), 2);

  Store store = bench.open();
  EXPECT_TRUE((*store.find(CacheKey{digest_of("sound")})).has_value());
  EXPECT_FALSE((*store.find(CacheKey{digest_of("torn")})).has_value());
  EXPECT_FALSE(std::filesystem::exists(torn));
}

TEST(Results, AreFlushedTogether) {
  Workbench bench;
  Store store = bench.open();
  ASSERT_TRUE(store.remember("p", result_of("k", {*store.adopt(bench.folder.write("a", "1"), "m", "model", Store::Flush::later)})).ok());
  EXPECT_EQ(store.unflushed(), 1u);
  ASSERT_TRUE(store.flush().ok());
  EXPECT_EQ(store.unflushed(), 0u);
  EXPECT_EQ(tamper(bench, "UPDATE results SET seconds = 2 WHERE boot = ''"), 1);
}

TEST(Inputs, AreReadAgainOnlyWhenTheyChanged) {
  Workbench bench;
  const auto file = bench.folder.write("train.csv", "abc");
  EXPECT_EQ(*bench.open().digest_of_input(file), digest_of("abc"));
  // The index is made to say something else of the very same file: what comes back shows whether the file was read.
  EXPECT_EQ(tamper(bench, "UPDATE inputs SET digest = '" + digest_of("lie").hex() + "'"), 1);
  EXPECT_EQ(*bench.open().digest_of_input(file), digest_of("lie"));
  bench.folder.write("train.csv", "abd");
  EXPECT_EQ(*bench.open().digest_of_input(file), digest_of("abd"));
}

TEST(Inputs, AreNotRememberedWhileYoung) {
  Workbench bench;
  const auto file = bench.folder.write("train.csv", "abc");
  bench.clock = ManualClock(std::chrono::system_clock::now());
  ASSERT_TRUE(bench.open().digest_of_input(file).ok());
  EXPECT_EQ(tamper(bench, "DELETE FROM inputs"), 0);
}

TEST(Inputs, AFolderHasTheDigestItWouldHaveAsAnArtifact) {
  Workbench bench;
  bench.folder.write("model/a", "1");
  bench.folder.write("model/sub/b", "2");
  Store store = bench.open();
  EXPECT_EQ(*store.digest_of_input(bench.folder / "model"), *digest_of_path(bench.folder / "model"));
  bench.folder.write("model/sub/b", "3");
  EXPECT_EQ(*store.digest_of_input(bench.folder / "model"), *digest_of_path(bench.folder / "model"));
}

TEST(Aliases, CountVersionsAndKeepHistory) {
  Workbench bench;
  Store store = bench.open();
  EXPECT_FALSE((*store.alias("prod")).has_value());
  EXPECT_EQ(store.set_alias("prod", digest_of("1"), "r1", "deploy")->version, 1);
  EXPECT_EQ(store.set_alias("other", digest_of("9"), "", "set")->version, 1);
  EXPECT_EQ(store.set_alias("prod", digest_of("2"), "r2", "deploy")->version, 2);
  EXPECT_EQ((*store.alias("prod"))->model, digest_of("2"));
  const auto history = *store.alias_history("prod");
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[1].run_id, "r1");
  EXPECT_EQ(store.alias_history("")->size(), 3u);
}

TEST(Aliases, ATornLastLineIsNoHarm) {
  Workbench bench;
  Store store = bench.open();
  ASSERT_TRUE(store.set_alias("prod", digest_of("1"), "", "set").ok());
  const auto journal = bench.folder / ".mlopsctl/aliases.jsonl";
  ASSERT_TRUE(write_file(journal, *read_file(journal) + "{\"action\":\"se").ok());
  EXPECT_EQ((*store.alias("prod"))->model, digest_of("1"));
  EXPECT_EQ(store.set_alias("prod", digest_of("2"), "", "set")->version, 2);
  EXPECT_EQ((*store.alias("prod"))->model, digest_of("2"));
}

TEST(Index, ADamagedOneIsMovedAsideAndAliasesStay) {
  Workbench bench;
  {
    Store store = bench.open();
    ASSERT_TRUE(store.set_alias("prod", digest_of("1"), "", "set").ok());
    ASSERT_TRUE(store.remember("p", result_of("k", {})).ok());
  }
  const auto index = bench.folder / ".mlopsctl/index.sqlite";
  for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(index.string() + suffix);
  ASSERT_TRUE(write_file(index, std::string(5000, 'x')).ok());
  Store store = bench.open();
  ASSERT_EQ(store.warnings().size(), 1u);
  EXPECT_THAT(store.warnings()[0], HasSubstr("the index was damaged; it is kept as " + index.string() + ".damaged-1"));
  EXPECT_FALSE((*store.find(CacheKey{digest_of("k")})).has_value());
  EXPECT_EQ((*store.alias("prod"))->model, digest_of("1"));
  EXPECT_TRUE(bench.open().warnings().empty());
}

TEST(Index, DamageFoundInUseIsMendedByTheNextCommand) {
  Workbench bench;
  {
    Store store = bench.open();
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(store.remember("p", result_of("k" + std::to_string(i), {})).ok());
  }
  const auto index = bench.folder / ".mlopsctl/index.sqlite";
  tamper(bench, "PRAGMA wal_checkpoint(TRUNCATE)");
  std::string bytes = *read_file(index);
  for (size_t i = 4096 * 2; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31);
  ASSERT_TRUE(write_file(index, bytes).ok());
  {
    Store store = bench.open();
    const auto found = store.find(CacheKey{digest_of("k7")});
    ASSERT_FALSE(found.ok());
    EXPECT_THAT(found.error().message, HasSubstr("is damaged"));
    EXPECT_EQ(found.error().hint, "run the command again: the damaged index is moved aside and an empty one takes its place");
  }
  EXPECT_EQ(bench.open().warnings().size(), 1u);
}

TEST(Index, OneFromTheFutureIsRefused) {
  Workbench bench;
  bench.open();
  const auto index = bench.folder / ".mlopsctl/index.sqlite";
  tamper(bench, "PRAGMA user_version = 7");
  const auto store = Store::open(bench.folder.path(), bench.clock);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().message, index.string() + " was written by a newer mlopsctl (index version 7, this one reads up to 2)");
}

CachedResult with_report(const std::string& key) {
  CachedResult result = result_of(key, {});
  result.report.metrics = {{"accuracy", 0.1}, {"f1 of \"a b\"", 1e-300}};
  result.report.summary = {{"tables", {1, 2}}};
  result.report.warnings = {"two\nlines", "\"quoted\""};
  result.report.verdict = Verdict{Outcome::fail, "accuracy 0.1 is below 0.5", {}};
  result.report.publications = {{"prod", "model"}};
  return result;
}

TEST(Reports, ComeBackWholeOrWithoutWhatIsLong) {
  Workbench bench;
  Store store = bench.open();
  const CachedResult result = with_report("k");
  ASSERT_TRUE(store.remember("p", result).ok());
  const auto full = *store.find(result.key), brief = *store.find(result.key, Detail::brief);
  ASSERT_TRUE(full.has_value() && brief.has_value());
  EXPECT_EQ(to_json(full->report), to_json(result.report));
  EXPECT_EQ(full->parts.size(), 1u);
  EXPECT_TRUE(brief->parts.empty());
  StageReport expected = result.report;
  expected.summary = Json::object();
  EXPECT_EQ(to_json(brief->report), to_json(expected));
}

TEST(Index, OfTheFirstVersionIsTakenOver) {
  Workbench bench;
  const CachedResult result = with_report("k");
  ASSERT_TRUE(bench.open().remember("p", result).ok());
  tamper(bench, "UPDATE results SET report = '" + canonical(to_json(result.report)) + "'");
  tamper(bench, "ALTER TABLE results DROP COLUMN summary; ALTER TABLE runs DROP COLUMN results; PRAGMA user_version = 1");
  Store store = bench.open();
  const auto found = *store.find(result.key);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(to_json(found->report), to_json(result.report));
  ASSERT_TRUE(store.remember("p", with_report("other")).ok());
  EXPECT_EQ(to_json((*store.find(CacheKey{digest_of("other")}))->report), to_json(result.report));
}

TEST(Runs, AreListedNewestFirstAndFoundByPrefix) {
  Workbench bench;
  bench.folder.write("train.csv", "abc");
  PipelineBuilder p;
  p.input("train", "train.csv").stage("a", "concat", {"train"}, {{"text", "x"}});
  const RunRecord first = bench.run(p), second = bench.run(p);
  Store store = bench.open();
  const auto runs = *store.runs("test", 10);
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].id, second.id);
  // What was taken out for the reused stage is put back.
  EXPECT_EQ(to_json(runs[0]), to_json(second));
  EXPECT_EQ(to_json(runs[1]), to_json(first));
  EXPECT_TRUE(store.runs("other", 10)->empty());
  EXPECT_EQ(store.runs("", 1)->size(), 1u);
  EXPECT_EQ((*store.run("latest"))->id, second.id);
  EXPECT_EQ((*store.run(first.id))->id, first.id);
  const auto ambiguous = store.run("20");
  ASSERT_FALSE(ambiguous.ok());
  EXPECT_EQ(ambiguous.error().message, "\"20\" begins the names of several runs: " + second.id + ", " + first.id);
  EXPECT_FALSE((*store.run("nothing")).has_value());
}

TEST(Open, WaitsForOthersThatMakeTheIndexAtTheSameTime) {
  for (int round = 0; round < 20; ++round) {
    Workbench bench;
    ASSERT_TRUE(make_folders(bench.folder / "locks").ok());
    std::latch all(8);
    std::array<std::string, 8> said;
    {
      std::vector<std::jthread> threads;
      for (std::string& fault : said)
        threads.emplace_back([&] {
          std::vector<std::string> warnings;
          all.arrive_and_wait();
          const auto opened = open_index(bench.folder.path(), warnings);
          fault = opened.ok() ? "" : opened.error().message;
        });
    }
    for (const std::string& fault : said) ASSERT_EQ(fault, "") << "round " << round;
  }
}

TEST(Open, LooksWithoutMaking) {
  Workbench bench;
  EXPECT_FALSE((*Store::open_existing(bench.folder.path(), bench.clock)).has_value());
  EXPECT_FALSE(std::filesystem::exists(bench.folder / ".mlopsctl"));
  bench.open();
  EXPECT_TRUE((*Store::open_existing(bench.folder.path(), bench.clock)).has_value());
  EXPECT_EQ(*read_file(bench.folder / ".mlopsctl/.gitignore"), "*\n");
}

}  // namespace
}  // namespace mlopsctl::engine
