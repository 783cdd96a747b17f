#include "stages/serve/store/address.hpp"

#include <gmock/gmock.h>

#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::serve::store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Address, IsAFile) {
  EXPECT_EQ(parse_address("sqlite:store.db", "")->target, "store.db");
  EXPECT_EQ(parse_address("sqlite:///data/store.db", "")->target, "/data/store.db");
  EXPECT_EQ(parse_address("sqlite:/data/store.db", "")->shown, "sqlite:/data/store.db");
}

TEST(Address, ShowsNoPassword) {
  for (const auto& [url, shown] : std::vector<std::pair<std::string, std::string>>{
           {"postgresql://ann@db/shop", "postgresql://ann@db/shop"},
           {"postgres://ann:s3cr%65t@db:5433/shop", "postgres://ann:***@db:5433/shop"},
           {"postgresql://db/shop?user=ann&password=s3cret&sslmode=require", "postgresql://db/shop?user=ann&password=***&sslmode=require"},
           {"postgresql:///shop?passw%6Frd=s3cret", "postgresql:///shop?passw%6Frd=***"},
           {"postgresql://ann:s3cret@[::1]/shop?sslpassword=s3cret", "postgresql://ann:***@[::1]/shop?sslpassword=***"}}) {
    const auto address = parse_address(url, "");
    ASSERT_TRUE(address.ok());
    EXPECT_EQ(address->kind, Address::Kind::postgres);
    EXPECT_EQ(address->target, url);
    EXPECT_EQ(address->shown, shown);
    EXPECT_EQ(without_secret("it said s3cret twice: s3cret", *address),
              shown.find("***") == std::string::npos ? "it said s3cret twice: s3cret" : "it said *** twice: ***");
  }
}

TEST(Address, MayHaveAQuestionMarkInItsPassword) {
  const auto address = parse_address("postgres://ann:s3?cret@db/shop", "");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->shown, "postgres://ann:***@db/shop");
  EXPECT_EQ(address->secret, "s3?cret");
}

TEST(Address, HasNoSlashInItsPassword) {
  const auto address = parse_address("postgresql://ann:Zm9v/YmFy@db/shop", "the first line of dsn");
  ASSERT_FALSE(address.ok());
  EXPECT_EQ(address.error().message, "the first line of dsn has a '/' before its '@'");
  EXPECT_EQ(address.error().hint, "in a user or a password write / as %2F, ? as %3F and @ as %40");
  EXPECT_EQ(parse_address("postgresql://ann@db/shop@home", "")->shown, "postgresql://ann@db/shop@home");
}

TEST(Address, IsNotRepeatedWhenItIsNone) {
  const auto address = parse_address("postgresq://ann:s3cret@db/shop", "the first line of dsn");
  ASSERT_FALSE(address.ok());
  EXPECT_EQ(address.error().message,
            "the first line of dsn is not the address of a store; expected sqlite:PATH, postgresql://USER@HOST/DATABASE, env:NAME or file:PATH");
}

TEST(Address, ComesFromAFileOrTheEnvironment) {
  const mlopsctl::testing::TemporaryFolder folder;
  const auto file = folder.write("dsn", "  postgresql://ann:s3cret@db/shop \nmore\n");
  EXPECT_EQ(resolve_address("file:" + file.string())->target, "postgresql://ann:s3cret@db/shop");
  ::setenv("MLOPSCTL_TEST_STORE", "sqlite:x.db", 1);
  EXPECT_EQ(resolve_address("env:MLOPSCTL_TEST_STORE")->target, "x.db");
  ::unsetenv("MLOPSCTL_TEST_STORE");
  EXPECT_EQ(resolve_address("env:MLOPSCTL_TEST_STORE").error().message,
            "the environment variable MLOPSCTL_TEST_STORE is not set; expected the address of the store in it");
}

TEST(Address, MustNotBringAPasswordOnTheCommandLine) {
  const auto address = resolve_address("postgresql://ann:s3cret@db/shop");
  ASSERT_FALSE(address.ok());
  EXPECT_EQ(address.error().message,
            "the store's address postgresql://ann:***@db/shop holds a password, and other users of this machine can read command lines");
  EXPECT_THAT(address.error().hint, HasSubstr("say file:PATH"));
}

}  // namespace
}  // namespace mlopsctl::serve::store
