#include "pipeline/decision/ledger.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "pipeline/base/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::decision {
namespace {

using mlopsctl::testing::TemporaryFolder;

std::optional<std::string> no_variables(std::string_view) { return std::nullopt; }
Variables variable(std::string value) {
  return [value](std::string_view name) { return name == "MLOPSCTL_SIGNING_KEY" ? std::optional(value) : std::nullopt; };
}

TEST(Keys, TheProjectsOwnIsMadeOnceForItsOwnerOnly) {
  const TemporaryFolder folder;
  const auto made = signing_key(no_variables, folder.path()), again = signing_key(no_variables, folder.path());
  ASSERT_TRUE(made.ok() && again.ok());
  EXPECT_EQ(made->public_key(), again->public_key());
  const auto path = folder / "keys/signing.key";
  struct stat found {};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  ::chmod(path.c_str(), 0644);
  const auto open = signing_key(no_variables, folder.path());
  ASSERT_FALSE(open.ok());
  EXPECT_EQ(open.error().message, "the signing key " + path.string() + " can be read by others");
  EXPECT_EQ(open.error().hint, "chmod 600 " + path.string());
}

TEST(Keys, TheEnvironmentNamesAnother) {
  const TemporaryFolder folder;
  const auto key = write_new_key(folder / "ci.key");
  ASSERT_TRUE(key.ok());
  const auto by_text = signing_key(variable(key->secret()), folder.path());
  const auto by_file = signing_key(variable("file:" + (folder / "ci.key").string()), folder.path());
  ASSERT_TRUE(by_text.ok() && by_file.ok());
  EXPECT_EQ(by_text->public_key(), key->public_key());
  EXPECT_EQ(by_file->public_key(), key->public_key());
  EXPECT_FALSE(std::filesystem::exists(folder / "keys"));
  const auto bad = signing_key(variable("hunter2"), folder.path());
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().message, "the environment variable MLOPSCTL_SIGNING_KEY holds no signing key; expected ed25519-secret: and 64 digits 0-9a-f");
  const auto over = write_new_key(folder / "ci.key");
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().message, (folder / "ci.key").string() + " is there already, and a key that is lost cannot be made again");
}

TEST(Ledger, KeepsAndFindsRecordsTheNewestFirst) {
  const TemporaryFolder folder;
  const Ledger ledger(folder.path());
  const auto key = *SigningKey::generate();
  const auto add = [&](const std::string& name, const std::string& time) {
    const auto record = sign({{"kind", "gate"}, {"stage", "judge"}, {"time", time}}, key, name);
    ASSERT_EQ(*ledger.add(name, *record), true);
  };
  EXPECT_TRUE(ledger.all()->empty());
  add("judge-1", "2026-01-01T00:00:00.000Z");
  add("judge-2", "2026-01-02T00:00:00.000Z");
  EXPECT_TRUE(ledger.has("judge-1"));
  EXPECT_EQ(*ledger.add("judge-1", *sign(Json::object(), key, "x")), false);
  EXPECT_EQ(find_record(ledger, "judge")->origin, ledger.path_of("judge-2").string());
  EXPECT_EQ(find_record(ledger, "judge-1")->origin, ledger.path_of("judge-1").string());
  EXPECT_EQ(find_record(ledger, ledger.path_of("judge-1").string())->text("time"), "2026-01-01T00:00:00.000Z");
  const auto none = find_record(ledger, "jugde");
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().message, "there is no decision record \"jugde\"");
  EXPECT_EQ(none.error().hint, "did you mean judge?");
  ASSERT_TRUE(write_file(ledger.path_of("judge-1"), "{").ok());
  ASSERT_FALSE(ledger.all().ok());
  EXPECT_EQ(ledger.all().error().hint, "remove " + ledger.path_of("judge-1").string() + ", or put back the file that it was");
}

}  // namespace
}  // namespace mlopsctl::decision
