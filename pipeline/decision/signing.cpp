#include "pipeline/decision/signing.hpp"

#include <sodium.h>

#include <algorithm>

namespace mlopsctl::decision {

namespace {

constexpr std::string_view public_prefix = "ed25519:", secret_prefix = "ed25519-secret:";

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

template <size_t n>
std::string hex(const std::array<uint8_t, n>& bytes) {
  std::string text(2 * n + 1, 0);
  sodium_bin2hex(text.data(), text.size(), bytes.data(), n);
  text.pop_back();
  return text;
}

template <size_t n>
bool from_hex(std::string_view text, std::array<uint8_t, n>& into) {
  size_t length = 0;
  const bool small = std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'F'; });  // one way to write it
  return small && text.size() == 2 * n && sodium_hex2bin(into.data(), n, text.data(), text.size(), nullptr, &length, nullptr) == 0 && length == n;
}

}  // namespace

Result<PublicKey> PublicKey::parse(std::string_view text) {
  PublicKey key;
  if (text.starts_with(public_prefix) && from_hex(text.substr(public_prefix.size()), key.bytes_)) return key;
  if (text.starts_with(secret_prefix))
    return config_error("found a secret key where a public one belongs").with_hint("name the public key, which begins with " + std::string(public_prefix));
  return config_error("\"" + std::string(text) + "\" is not a public key; expected " + std::string(public_prefix) + " and 64 digits 0-9a-f")
      .with_hint("`mlopsctl decision keygen` says a key's public half");
}

std::string PublicKey::str() const { return std::string(public_prefix) + hex(bytes_); }

Result<SigningKey> SigningKey::generate() {
  if (sodium_init() < 0) return stage_error("libsodium finds no source of random numbers");
  SigningKey key;
  randombytes_buf(key.seed_.data(), key.seed_.size());
  crypto_sign_seed_keypair(key.public_.bytes_.data(), key.secret_.data(), key.seed_.data());
  return key;
}

Result<SigningKey> SigningKey::parse(std::string_view text, const std::string& origin) {
  if (sodium_init() < 0) return stage_error("libsodium finds no source of random numbers");
  SigningKey key;
  if (!text.starts_with(secret_prefix) || !from_hex(text.substr(secret_prefix.size()), key.seed_))
    return config_error(origin + " holds no signing key; expected " + std::string(secret_prefix) + " and 64 digits 0-9a-f")
        .with_hint("make one: mlopsctl decision keygen --output signing.key");
  crypto_sign_seed_keypair(key.public_.bytes_.data(), key.secret_.data(), key.seed_.data());
  return key;
}

SigningKey::~SigningKey() {
  sodium_memzero(seed_.data(), seed_.size());
  sodium_memzero(secret_.data(), secret_.size());
}

std::string SigningKey::secret() const { return std::string(secret_prefix) + hex(seed_); }

std::string SigningKey::sign(std::string_view bytes) const {
  std::array<uint8_t, crypto_sign_BYTES> signature{};
  crypto_sign_detached(signature.data(), nullptr, bytes_of(bytes), bytes.size(), secret_.data());
  return hex(signature);
}

bool verifies(const PublicKey& key, std::string_view bytes, std::string_view signature) {
  std::array<uint8_t, crypto_sign_BYTES> raw{};
  return sodium_init() >= 0 && from_hex(signature, raw) && crypto_sign_verify_detached(raw.data(), bytes_of(bytes), bytes.size(), key.bytes_.data()) == 0;
}

}  // namespace mlopsctl::decision
