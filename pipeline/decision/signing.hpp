// Keys and signatures: ed25519 (RFC 8032) by libsodium, which is included here only.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/base/result.hpp"

namespace mlopsctl::decision {

// Written "ed25519:<64 hex digits>". Anybody may know it.
class PublicKey {
 public:
  static Result<PublicKey> parse(std::string_view text);
  std::string str() const;
  bool operator==(const PublicKey&) const = default;

 private:
  friend class SigningKey;
  friend bool verifies(const PublicKey&, std::string_view, std::string_view);
  std::array<uint8_t, 32> bytes_{};
};

// Written "ed25519-secret:<64 hex digits>". Wiped from memory when it goes.
class SigningKey {
 public:
  static Result<SigningKey> generate();
  // `origin` says in messages where the text is from; the text itself is never repeated.
  static Result<SigningKey> parse(std::string_view text, const std::string& origin);
  ~SigningKey();
  SigningKey(const SigningKey&) = default;
  SigningKey& operator=(const SigningKey&) = default;

  std::string secret() const;  // what parse() reads
  const PublicKey& public_key() const { return public_; }
  std::string sign(std::string_view bytes) const;  // 128 hex digits

 private:
  SigningKey() = default;
  std::array<uint8_t, 32> seed_{};
  std::array<uint8_t, 64> secret_{};
  PublicKey public_;
};

// Whether the owner of `key` signed these very bytes. `signature` is what sign() gave.
bool verifies(const PublicKey& key, std::string_view bytes, std::string_view signature);

}  // namespace mlopsctl::decision
