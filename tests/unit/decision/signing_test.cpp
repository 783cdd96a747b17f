#include "pipeline/decision/signing.hpp"

#include <gtest/gtest.h>

namespace mlopsctl::decision {
namespace {

// RFC 8032, section 7.1, test 3.
TEST(Signing, AsInTheStandard) {
  const auto key = SigningKey::parse("ed25519-secret:c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "the test");
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->public_key().str(), "ed25519:fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
  const std::string signature = key->sign("\xaf\x82");
  EXPECT_EQ(signature, "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
  EXPECT_TRUE(verifies(key->public_key(), "\xaf\x82", signature));
  EXPECT_FALSE(verifies(key->public_key(), "\xaf\x83", signature));
}

TEST(Signing, OnlyTheOwnersSignatureFits) {
  const auto one = SigningKey::generate(), other = SigningKey::generate();
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_NE(one->public_key().str(), other->public_key().str());
  EXPECT_FALSE(verifies(one->public_key(), "text", other->sign("text")));
  for (const char* bad : {"", "00", "zz"}) EXPECT_FALSE(verifies(one->public_key(), "text", bad));
  const auto again = SigningKey::parse(one->secret(), "the test");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->public_key(), one->public_key());
}

TEST(Signing, BadKeysAreToldWithoutRepeatingThem) {
  const auto secret = SigningKey::parse("ed25519-secret:12 planted", "the environment variable X");
  ASSERT_FALSE(secret.ok());
  EXPECT_EQ(secret.error().message, "the environment variable X holds no signing key; expected ed25519-secret: and 64 digits 0-9a-f");
  const auto mixed_up = PublicKey::parse("ed25519-secret:c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
  ASSERT_FALSE(mixed_up.ok());
  EXPECT_EQ(mixed_up.error().message, "found a secret key where a public one belongs");
  const auto nothing = PublicKey::parse("ed25519:AB");
  ASSERT_FALSE(nothing.ok());
  EXPECT_EQ(nothing.error().message, "\"ed25519:AB\" is not a public key; expected ed25519: and 64 digits 0-9a-f");
}

}  // namespace
}  // namespace mlopsctl::decision
