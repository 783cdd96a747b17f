#include "pipeline/base/digest.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "pipeline/base/files.hpp"

namespace mlopsctl {

namespace fs = std::filesystem;

std::optional<Digest> Digest::from_hex(std::string_view digits) {
  if (digits.size() != 64) return std::nullopt;
  std::array<uint8_t, 32> bytes{};
  for (size_t i = 0; i < 64; ++i) {
    const char c = digits[i];
    int nibble = 0;
    if (c >= '0' && c <= '9') nibble = c - '0';
    else if (c >= 'a' && c <= 'f') nibble = c - 'a' + 10;
    else return std::nullopt;
    bytes[i / 2] = static_cast<uint8_t>(bytes[i / 2] << 4 | nibble);
  }
  return Digest(bytes);
}

Result<Digest> Digest::parse(std::string_view text) {
  constexpr std::string_view prefix = "sha256:";
  if (text.starts_with(prefix))
    if (const auto digest = from_hex(text.substr(prefix.size()))) return *digest;
  return config_error("\"" + std::string(text) + "\" is not a digest; expected sha256: and 64 hexadecimal digits");
}

std::string Digest::hex() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(64, '0');
  char* out = text.data();
  for (const uint8_t byte : bytes_) {
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15];
  }
  return text;
}

std::string Digest::str() const { return "sha256:" + hex(); }
std::string Digest::brief() const { return "sha256:" + hex().substr(0, 12); }

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

namespace {

// Looking the algorithm up by name costs more than hashing a short key; once per process is enough.
const EVP_MD* sha256_algorithm() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

}  // namespace

Sha256::Sha256() : context_(std::make_unique<Context>()) { EVP_DigestInit_ex(context_->evp, sha256_algorithm(), nullptr); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(std::string_view bytes) {
  EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size());
  return *this;
}

Sha256& Sha256::field(std::string_view tag, std::string_view value) {
  return update(tag).update(std::string_view("\0", 1)).update(std::to_string(value.size())).update(":").update(value);
}

Digest Sha256::finish() {
  std::array<uint8_t, 32> bytes{};
  EVP_DigestFinal_ex(context_->evp, bytes.data(), nullptr);
  return Digest(bytes);
}

std::string git_blob_id(std::string_view bytes) {
  const std::string header = "blob " + std::to_string(bytes.size()) + '\0';
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  std::array<unsigned char, 20> sum{};
  EVP_DigestInit_ex(context, EVP_sha1(), nullptr);
  EVP_DigestUpdate(context, header.data(), header.size());
  EVP_DigestUpdate(context, bytes.data(), bytes.size());
  EVP_DigestFinal_ex(context, sum.data(), nullptr);
  EVP_MD_CTX_free(context);
  std::string text;
  for (const unsigned char byte : sum) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

Digest digest_of(std::string_view bytes) {
  // A context that has been used is set up again in a fraction of the time: short texts are hashed by the thousand.
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), sha256_algorithm(), nullptr);
  EVP_DigestUpdate(context.get(), bytes.data(), bytes.size());
  std::array<uint8_t, 32> digest{};
  EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
  return Digest(digest);
}

Result<Digest> digest_of_file(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return io_error("open", path.string(), errno);
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  Sha256 hash;
  std::vector<char> buffer(1 << 18);
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("read", path.string(), errno);
    if (got == 0) return hash.finish();
    hash.update({buffer.data(), static_cast<size_t>(got)});
  }
}

Result<Digest> digest_of_path(const fs::path& path) {
  std::error_code fault;
  const auto status = fs::symlink_status(path, fault);
  // A link named by the user is followed; links inside a folder are not (below).
  if (fs::is_symlink(status) ? fs::is_regular_file(path, fault) : fs::is_regular_file(status)) return digest_of_file(path);
  if (!fs::exists(status)) return io_error("open", path.string(), ENOENT);

  TRY_ASSIGN(const auto files, list_files(path));
  std::vector<FileDigest> digests;
  for (const auto& file : files) {
    TRY_ASSIGN(const Digest digest, digest_of_file(path / file.relative));
    digests.push_back({file.relative, file.executable, digest});
  }
  return digest_of_folder(digests);
}

Digest digest_of_folder(const std::vector<FileDigest>& files) {
  Sha256 hash;
  hash.field("format", "mlopsctl-folder-1");
  for (const auto& file : files) hash.field("path", file.relative).field("executable", file.executable ? "1" : "0").field("digest", file.digest.str());
  return hash.finish();
}

}  // namespace mlopsctl
