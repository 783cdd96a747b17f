// Models for any web server or bucket to hand out, known by their digest alone: BASE/HEX.json lists the files of the model with that digest,
// BASE/HEX/ has them. Whatever the server sends is checked against the digest: it need not be trusted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "pipeline/base/digest.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/net/client.hpp"

namespace mlopsctl::net {

struct PublishedModel {
  std::string base;  // "https://models.example.com/airline"
  Digest digest;
  std::string str() const { return base + "@" + digest.str(); }
};
// "https://models.example.com/airline@sha256:...".
Result<PublishedModel> parse_published_model(std::string_view text);

struct ModelFiles {
  size_t count = 0;
  uint64_t bytes = 0;
  bool already = false;  // it was there, whole
};

// Copies a model's folder to `to`/HEX, and its list beside it; each appears whole or not at all.
Result<ModelFiles> publish_model(const std::filesystem::path& model, const std::filesystem::path& to);

// Into `folder`, which appears whole or not at all; a later call goes on with what a killed one left. A folder that is there is never changed: it is
// that very model, or refused. `token` (may be empty) is sent over https and to this machine only.
Result<ModelFiles> fetch_published(Client& client, const PublishedModel& model, const std::string& token, const std::filesystem::path& folder,
                                   const std::function<void(const std::string& file, int64_t done, int64_t size)>& progress);

}  // namespace mlopsctl::net
