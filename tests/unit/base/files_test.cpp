#include "pipeline/base/files.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace mlopsctl {
namespace {

using mlopsctl::testing::TemporaryFolder;

TEST(SweepTemporaries, TakesWhatKilledWritersLeftAndNothingElse) {
  const TemporaryFolder folder;
  folder.write(".report.html.4711-0.tmp", "left by a killed writer");
  folder.write(".other.html.4711-1.tmp", "of another target");
  folder.write(".report.html.tmp", "the user's own");
  auto living = AtomicFile::create(folder / "report.html");
  ASSERT_TRUE(living.ok());
  sweep_temporaries(folder.path(), "report");
  EXPECT_FALSE(std::filesystem::exists(folder / ".report.html.4711-0.tmp"));
  EXPECT_TRUE(std::filesystem::exists(folder / ".other.html.4711-1.tmp"));
  EXPECT_TRUE(std::filesystem::exists(folder / ".report.html.tmp"));
  ASSERT_TRUE(living->write("x").ok());
  ASSERT_TRUE(living->commit().ok());
  EXPECT_EQ(*read_file(folder / "report.html"), "x");
  sweep_temporaries(folder.path());
  EXPECT_FALSE(std::filesystem::exists(folder / ".other.html.4711-1.tmp"));
}

}  // namespace
}  // namespace mlopsctl
