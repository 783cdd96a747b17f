// SHA-256 of bytes, files and folders, always written "sha256:<64 hex digits>".
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/result.hpp"

namespace mlopsctl {

// Names bytes. (A CacheKey names a computation; the two are different types on purpose.)
class Digest {
 public:
  Digest() = default;  // all zero: "no digest"
  explicit Digest(const std::array<uint8_t, 32>& bytes) : bytes_(bytes) {}
  static Result<Digest> parse(std::string_view text);              // "sha256:<hex>"
  static std::optional<Digest> from_hex(std::string_view digits);  // 64 lower-case digits

  std::string str() const;    // sha256:<hex>
  std::string hex() const;    // the 64 digits alone: file names
  std::string brief() const;  // sha256:<first 12 digits>: for people
  bool empty() const { return *this == Digest(); }
  const std::array<uint8_t, 32>& bytes() const { return bytes_; }
  auto operator<=>(const Digest&) const = default;

 private:
  std::array<uint8_t, 32> bytes_{};
};

// Incremental SHA-256 (OpenSSL, so SHA-NI where the CPU has it).
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& update(std::string_view bytes);
  // A tagged, length-prefixed field, so that neighbouring values cannot run together.
  Sha256& field(std::string_view tag, std::string_view value);
  Digest finish();  // once

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Digest digest_of(std::string_view bytes);
// The id that git gives to a file of these bytes: the SHA-1 of a header and the bytes, 40 hex digits. To recognise, not to trust.
std::string git_blob_id(std::string_view bytes);
Result<Digest> digest_of_file(const std::filesystem::path& path);
// A file: the digest of its bytes. A folder: the digest of the sorted list of (relative path, digest, executable bit)
// of all its files; symbolic links and special files are refused.
Result<Digest> digest_of_path(const std::filesystem::path& path);

// One file of a folder; for callers that know the digests already. `files` must be sorted by path, bytewise.
struct FileDigest {
  std::string relative;
  bool executable = false;
  Digest digest;
};
Digest digest_of_folder(const std::vector<FileDigest>& files);

}  // namespace mlopsctl
