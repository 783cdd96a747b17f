// Keys: who may ask. A key file has one key a line, and never the key itself:
//
//   # name  digest of the key                      limits
//   alice   sha256:9f86d081884c7d65...             rate=50 burst=100 day=100000 body=65536
//   ops     sha256:60303ae22b998861...             admin
//
// rate: requests a second, burst: how many at once (default: rate), day: requests a day (UTC), body: the largest body in bytes; admin: the
// metrics on the admin port. A key should be random (`openssl rand -hex 32`): only then does its plain SHA-256 keep it secret.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/digest.hpp"
#include "pipeline/base/result.hpp"
#include "stages/serve/message.hpp"

namespace mlopsctl::serve {

struct Key {
  std::string name;
  Digest digest;
  bool admin = false;
  std::optional<double> rate{}, burst{};
  std::optional<uint64_t> day{};
  std::optional<size_t> body{};
};

// `origin` is what messages call the file. All faults at once, each with its line.
Result<std::vector<Key>> parse_keys(std::string_view text, const std::string& origin);

// What a request shows: "Authorization: Bearer KEY" or "X-API-Key: KEY"; empty: nothing.
std::string_view shown_key(const Request& request);

// The key of that digest; null: none. Looks at every key and every byte, so that its time tells nothing.
const Key* find_key(const std::vector<Key>& keys, std::string_view shown);

// The keys of files, read anew when a file changes. Thread-safe.
class KeyFiles {
 public:
  static Result<std::unique_ptr<KeyFiles>> open(std::vector<std::string> paths);
  std::shared_ptr<const std::vector<Key>> keys() const;
  // Looks whether a file changed. An Error leaves the keys as they were.
  Status refresh();

 private:
  explicit KeyFiles(std::vector<std::string> paths) : paths_(std::move(paths)) {}
  std::vector<std::string> paths_;
  mutable std::mutex mutex_;
  std::string stamp_;
  std::shared_ptr<const std::vector<Key>> keys_;
};

}  // namespace mlopsctl::serve
