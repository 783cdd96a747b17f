// A file from a URL: streamed to disk, resumed where it was cut off, checked on the way, and never half-written under its name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "pipeline/base/digest.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/net/client.hpp"

namespace mlopsctl::net {

struct Download {
  Request request;           // GET
  std::filesystem::path to;  // in a folder that is there; "TO.part" and "TO.part.etag" beside it hold what a later call resumes
  std::optional<Digest> sha256;
  std::optional<int64_t> size;
  std::function<void(int64_t done, std::optional<int64_t> size)> progress;
  std::function<std::optional<Digest>(const Response& so_far)> announced = {};  // the digest where the answer's headers say it; asked when sha256 is not known
};

struct Downloaded {
  Digest digest;
  int64_t size = 0;
  int64_t resumed_at = 0;  // bytes that an earlier call had left; 0: none, or they were of no use
};

// Retries as Client::send does, each time from where it got to (Range with If-Range); a try that got further does not count against the
// number. Bytes of another digest or size than asked for are thrown away, once silently, for a file that was replaced between two tries
// looks the same; then it is an error, and nothing stands under `to`.
Result<Downloaded> download(Client& client, const Download& what);

}  // namespace mlopsctl::net
