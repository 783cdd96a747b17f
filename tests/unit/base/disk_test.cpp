#include "pipeline/base/files.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temporary_folder.hpp"

namespace mlopsctl {
namespace {

using mlopsctl::testing::TemporaryFolder;

size_t entries_in(const std::filesystem::path& folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

TEST(AtomicFile, WithoutCommitNothingIsLeft) {
  const TemporaryFolder folder;
  folder.write("f", "old");
  {
    auto file = AtomicFile::create(folder / "f");
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->write(std::string(1 << 20, 'x')).ok());
    EXPECT_EQ(*read_file(folder / "f"), "old");
    EXPECT_EQ(entries_in(folder.path()), 2u);
  }
  EXPECT_EQ(entries_in(folder.path()), 1u);
  EXPECT_EQ(*read_file(folder / "f"), "old");
}

TEST(AtomicFile, CommitReplacesAtOnce) {
  const TemporaryFolder folder;
  folder.write("f", "old");
  ASSERT_TRUE(write_file_atomically(folder / "f", "new").ok());
  EXPECT_EQ(*read_file(folder / "f"), "new");
  EXPECT_EQ(entries_in(folder.path()), 1u);
  EXPECT_EQ(write_file_atomically(folder / "no/where", "x").error().message, "cannot create " + (folder / "no/where").string() + ": No such file or directory");
}

TEST(WriteFile, AFullDiskIsAnErrorWithAHint) {
  const auto status = write_file("/dev/full", "x");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "cannot write /dev/full: No space left on device");
  EXPECT_EQ(status.error().hint, "free some space (`mlopsctl cache gc` removes what no kept run needs) and run again");
}

TEST(ReadFile, ReadsWhatHasNoSizeAndRefusesFolders) {
  EXPECT_FALSE(read_file("/proc/self/status")->empty());
  EXPECT_EQ(read_file("/tmp").error().message, "cannot read /tmp: Is a directory");
}

TEST(MappedFile, ViewsAWholeFileAnEmptyOneToo) {
  const TemporaryFolder folder;
  EXPECT_EQ(MappedFile::open(folder.write("f", "bytes"))->bytes(), "bytes");
  EXPECT_EQ(MappedFile::open(folder.write("empty", ""))->bytes(), "");
  EXPECT_FALSE(MappedFile::open(folder.path()).ok());
}

TEST(ListFiles, IsSortedBytewise) {
  const TemporaryFolder folder;
  for (const char* name : {"b", "a/z", "a-b", "a/b/c", "B"}) folder.write(name, "");
  std::string text;
  const auto files = list_files(folder.path());
  for (const auto& file : *files) text += file.relative + " ";
  EXPECT_EQ(text, "B a-b a/b/c a/z b ");
}

// What another process gets: its exit code.
template <typename Question>
int in_another_process(Question question) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(question());
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(FileLock, ExcludesAndNamesTheHolder) {
  const TemporaryFolder folder;
  auto lock = FileLock::try_lock(folder / "lock", FileLock::Mode::exclusive);
  ASSERT_TRUE(lock.ok() && lock->has_value());
  ASSERT_TRUE((*lock)->describe("a longer text").ok());
  ASSERT_TRUE((*lock)->describe("why").ok());
  const pid_t parent = ::getpid();
  EXPECT_EQ(in_another_process([&] {
              pid_t holder = 0;
              const auto other = FileLock::try_lock(folder / "lock", FileLock::Mode::shared, &holder);
              return other.ok() && !other->has_value() && holder == parent ? 1 : 0;
            }),
            1);
  // Only now: closing any descriptor of the file in the holder's own process would free the lock (POSIX).
  lock->reset();
  EXPECT_EQ(*read_file(folder / "lock"), "why");
  EXPECT_EQ(in_another_process([&] { return FileLock::try_lock(folder / "lock", FileLock::Mode::exclusive)->has_value() ? 1 : 0; }), 1);
}

TEST(FileLock, ReadersShareAndTheDeadHoldNothing) {
  const TemporaryFolder folder;
  const auto reader = FileLock::lock(folder / "lock", FileLock::Mode::shared);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(in_another_process([&] {
              const bool shared = FileLock::try_lock(folder / "lock", FileLock::Mode::shared)->has_value();
              return shared && !FileLock::try_lock(folder / "lock", FileLock::Mode::exclusive)->has_value() ? 1 : 0;
            }),
            1);
  in_another_process([&] {
    (void)FileLock::lock(folder / "other", FileLock::Mode::exclusive);
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  EXPECT_TRUE(FileLock::try_lock(folder / "other", FileLock::Mode::exclusive)->has_value());
}

}  // namespace
}  // namespace mlopsctl
