#include "pipeline/base/digest.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace mlopsctl {
namespace {

using mlopsctl::testing::TemporaryFolder;

TEST(Digest, IsSha256WrittenAsOciDoes) {
  // FIPS 180-2, appendix B.1
  EXPECT_EQ(digest_of("abc").str(), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of("abc").brief(), "sha256:ba7816bf8f01");
  EXPECT_EQ(*Digest::parse(digest_of("abc").str()), digest_of("abc"));
  EXPECT_TRUE(Digest().empty());
  EXPECT_FALSE(digest_of("").empty());
}

TEST(Digest, RefusesWhatIsNone) {
  const std::string good = digest_of("abc").str();
  for (const std::string& bad :
       {std::string(), good.substr(1), good.substr(0, 70), good + "0", "sha256:" + std::string(64, 'g'), "sha256:" + std::string(64, 'A')})
    EXPECT_FALSE(Digest::parse(bad).ok()) << bad;
  EXPECT_EQ(Digest::parse("x").error().message, "\"x\" is not a digest; expected sha256: and 64 hexadecimal digits");
}

// "ab"+"c" and "a"+"bc" are different things, and so are a tag that ends in a digit and a longer value.
// As `git hash-object` says.
TEST(Digest, KnowsGitsIds) {
  EXPECT_EQ(git_blob_id(""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  EXPECT_EQ(git_blob_id("hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
}

TEST(Sha256, FieldsCannotRunTogether) {
  EXPECT_NE(Sha256().field("a", "bc").finish(), Sha256().field("ab", "c").finish());
  EXPECT_NE(Sha256().field("a", "b").field("c", "").finish(), Sha256().field("a", "bc").finish());
  EXPECT_NE(Sha256().field("a1", "xx").finish(), Sha256().field("a", "xxxxxxxxxxxx").finish());
  EXPECT_EQ(Sha256().field("a", "1").finish(), digest_of(std::string_view("a\0001:1", 5)));
}

TEST(DigestOfPath, CountsNamesBytesAndTheExecutableBit) {
  const TemporaryFolder folder;
  const auto digest = [&] { return *digest_of_path(folder.path()); };
  folder.write("b", "1");
  folder.write("a/c", "2");
  const Digest first = digest();
  EXPECT_EQ(first, digest_of_folder({{"a/c", false, digest_of("2")}, {"b", false, digest_of("1")}}));
  std::filesystem::permissions(folder / "b", std::filesystem::perms::owner_all);
  EXPECT_NE(digest(), first);
  std::filesystem::permissions(folder / "b", std::filesystem::perms::owner_read);
  EXPECT_EQ(digest(), first) << "whether it can be written does not count";
  std::filesystem::rename(folder / "a/c", folder / "a/d");
  EXPECT_NE(digest(), first);
}

TEST(DigestOfPath, RefusesLinksInsideAndFollowsTheOneNamed) {
  const TemporaryFolder folder;
  folder.write("data/a", "1");
  std::filesystem::create_symlink(folder / "data/a", folder / "link");
  EXPECT_EQ(*digest_of_path(folder / "link"), digest_of("1"));
  std::filesystem::create_directory_symlink(folder / "data", folder / "folder-link");
  EXPECT_EQ(*digest_of_path(folder / "folder-link"), *digest_of_path(folder / "data"));
  std::filesystem::create_symlink("a", folder / "data/b");
  const auto refused = digest_of_path(folder / "data");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, (folder / "data/b").string() + " is a symbolic link or a special file; expected regular files only");
  EXPECT_EQ(digest_of_path(folder / "gone").error().message, "cannot open " + (folder / "gone").string() + ": No such file or directory");
}

}  // namespace
}  // namespace mlopsctl
