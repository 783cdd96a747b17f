#include "pipeline/git/provenance.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::git {
namespace {

using mlopsctl::testing::TemporaryFolder;

// A repository made with the git program: what users have.
struct Repository {
  TemporaryFolder folder;

  Repository() {
    run("init -q -b main .");
    run("config user.name Somebody");
    run("config user.email somebody@example.org");
  }
  void run(const std::string& arguments) const {
    const std::string command = "cd '" + folder.path().string() + "' && GIT_CONFIG_GLOBAL=/dev/null git " + arguments + " >/dev/null 2>&1";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("git " + arguments);
  }
  void commit(const std::string& file, const std::string& text) const {
    folder.write(file, text);
    run("add -A");
    run("commit -q -m change");
  }
};

class Provenance : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "the git program is not installed";
  }
};

TEST_F(Provenance, NamesCommitBranchAndRemote) {
  const Repository repository;
  repository.commit("a", "1");
  repository.run("remote add origin https://user:token@example.org/team/project.git?x=1");
  const auto found = provenance_of(repository.folder.path());
  EXPECT_EQ(found.commit.size(), 40u);
  EXPECT_EQ(found.branch, "main");
  EXPECT_EQ(found.remote, "https://example.org/team/project.git");
  EXPECT_FALSE(found.dirty);
}

TEST_F(Provenance, SeesChangesOfTrackedFilesFromAnyFolderBelow) {
  const Repository repository;
  repository.commit("sub/a", "1");
  repository.folder.write("untracked", "x");
  EXPECT_FALSE(provenance_of(repository.folder / "sub").dirty);
  repository.folder.write("sub/a", "22");
  EXPECT_TRUE(provenance_of(repository.folder / "sub").dirty);
}

TEST_F(Provenance, ADetachedHeadHasNoBranch) {
  const Repository repository;
  repository.commit("a", "1");
  repository.run("checkout -q --detach");
  const auto found = provenance_of(repository.folder.path());
  EXPECT_EQ(found.commit.size(), 40u);
  EXPECT_EQ(found.branch, "");
}

TEST_F(Provenance, BeforeTheFirstCommitThereIsNone) {
  const Repository repository;
  EXPECT_EQ(provenance_of(repository.folder.path()).commit, "");
}

// safe.directory: git itself refuses such a repository; what is only read is no danger.
TEST_F(Provenance, ReadsARepositoryOfAnotherUser) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can give files away";
  const Repository repository;
  repository.commit("a", "1");
  const std::string command = "chown -R 12345:12345 '" + repository.folder.path().string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(provenance_of(repository.folder.path()).commit.size(), 40u);
}

TEST_F(Provenance, OutsideARepositoryAndWhereNothingIsAllIsEmpty) {
  const TemporaryFolder folder;
  for (const auto& place : {folder.path(), folder / "not-there"}) {
    const auto found = provenance_of(place);
    EXPECT_EQ(found.commit + found.branch + found.remote, "");
    EXPECT_FALSE(found.dirty);
  }
  folder.write(".git/HEAD", "rubbish");
  EXPECT_EQ(provenance_of(folder.path()).commit, "");
}

TEST(WithoutCredentials, LeavesNothingSecret) {
  EXPECT_EQ(without_credentials("https://user:to@ken@example.org/p@th.git"), "https://example.org/p@th.git");
  EXPECT_EQ(without_credentials("https://example.org/x?private_token=1#f"), "https://example.org/x");
  EXPECT_EQ(without_credentials("git@example.org:team/project.git"), "example.org:team/project.git");
  EXPECT_EQ(without_credentials("ssh://git@example.org:22/x"), "ssh://example.org:22/x");
  EXPECT_EQ(without_credentials("https://token@example.org"), "https://example.org");
  EXPECT_EQ(without_credentials("../elsewhere"), "../elsewhere");
  EXPECT_EQ(without_credentials(""), "");
}

}  // namespace
}  // namespace mlopsctl::git
