// Model repositories as the Hugging Face Hub and its mirrors serve them: GET /api/models/REPO/revision/REV lists the files of a commit,
// GET /REPO/resolve/COMMIT/FILE gives one, mostly by a redirect to another server. (huggingface.co/docs/hub/api)
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/digest.hpp"
#include "pipeline/base/result.hpp"
#include "pipeline/net/client.hpp"
#include "pipeline/net/download.hpp"

namespace mlopsctl::net {

struct HubReference {
  std::string repo;      // "org/name", or "name"
  std::string revision;  // a branch, tag or commit
  std::string str() const { return "hf://" + repo + "@" + revision; }
};
// "hf://org/name@revision"; without @revision: main.
Result<HubReference> parse_hub_reference(std::string_view text);

struct HubFile {
  std::string name;  // may have folders in it
  std::optional<int64_t> size;
  std::optional<Digest> sha256;  // of files in Git LFS: all large ones
  std::string blob_id;           // of the others: git_blob_id; may be empty
};
struct HubSnapshot {
  std::string commit;  // 40 hex digits
  std::vector<HubFile> files;
};

class Hub {
 public:
  // `token` may be empty. It is sent to the endpoint only, and only over https or to this machine.
  Hub(Client& client, std::string endpoint, std::string token) : client_(client), endpoint_(std::move(endpoint)), token_(std::move(token)) {}

  Result<HubSnapshot> list(const HubReference& reference);
  // Into `to`, see download(); checked against the digest, else the digest in the answer's X-Linked-Etag, else the blob id.
  Result<Downloaded> fetch(const HubReference& reference, const std::string& commit, const HubFile& file, const std::filesystem::path& to,
                           std::function<void(int64_t done, std::optional<int64_t> size)> progress);

 private:
  Result<Request> request(const std::string& path) const;
  Error refused(const HubReference& reference, const Request& request, const Response& response) const;

  Client& client_;
  std::string endpoint_, token_;
};

}  // namespace mlopsctl::net
