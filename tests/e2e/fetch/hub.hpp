// A model hub on this machine: the URLs, redirects and headers of the Hugging Face Hub, for one repository with one commit; and its bad days.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "pipeline/base/digest.hpp"
#include "pipeline/base/json.hpp"
#include "tests/support/http_server.hpp"

namespace mlopsctl::testing {

inline const std::string hub_commit(40, 'a');

class TestHub {
 public:
  std::map<std::string, std::string> files;  // large ones, *.safetensors and *.bin, are in Git LFS
  std::string token;                         // empty: public
  bool tells_lfs = true;                     // whether the listing has the digests
  std::vector<HttpReply> first;              // what it says before it behaves
  std::optional<size_t> cut_at, hold_at;     // of large files; a cut or held answer is followed by whole ones
  std::string spoilt;                        // a file of which other bytes come than the listing says

  TestHub() : cdn([this](const HttpRequest& request) { return large(request); }), server([this](const HttpRequest& request) { return answer(request); }) {}

 private:
  static bool is_large(const std::string& name) { return name.ends_with(".safetensors") || name.ends_with(".bin"); }

  HttpReply answer(const HttpRequest& request) {
    if (!first.empty()) {
      const HttpReply reply = first.front();
      first.erase(first.begin());
      return reply;
    }
    if (!token.empty() && request.header("authorization") != "Bearer " + token) return {401, {{"X-Error-Code", "RepoNotFound"}}, "no"};
    const std::string api = "/api/models/org/tiny/revision/", resolve = "/org/tiny/resolve/" + hub_commit + "/";
    if (request.target == api + "main?blobs=true" || request.target == api + hub_commit + "?blobs=true") return {200, {}, listing()};
    if (request.target.starts_with(api)) return {404, {{"X-Error-Code", "RevisionNotFound"}}, "no"};
    if (!request.target.starts_with(resolve)) return {404, {}, "no"};
    const std::string name = request.target.substr(resolve.size());
    if (!files.contains(name)) return {404, {{"X-Error-Code", "EntryNotFound"}}, "no"};
    if (is_large(name))
      return {302, {{"Location", cdn.url() + "/" + name + "?signature=hidden"}, {"X-Linked-Etag", "\"" + digest_of(files[name]).hex() + "\""}}, ""};
    return {200, {{"ETag", "\"" + git_blob_id(files[name]) + "\""}}, name == spoilt ? "spoilt" + files[name].substr(6) : files[name]};
  }

  std::string listing() const {
    Json siblings = Json::array();
    for (const auto& [name, bytes] : files) {
      Json row{{"rfilename", name}, {"size", bytes.size()}, {"blobId", git_blob_id(bytes)}};
      if (is_large(name) && tells_lfs) row["lfs"] = {{"sha256", digest_of(bytes).hex()}, {"size", bytes.size()}};
      if (is_large(name)) row["blobId"] = std::string(40, '0');  // of the pointer
      if (is_large(name) && !tells_lfs) row.erase("blobId");
      siblings.push_back(row);
    }
    return Json{{"id", "org/tiny"}, {"sha", hub_commit}, {"siblings", siblings}}.dump();
  }

  HttpReply large(const HttpRequest& request) {
    const std::string name = request.target.substr(1, request.target.find('?') - 1);
    std::string body = name == spoilt ? "spoilt" + files[name].substr(6) : files[name];
    HttpReply reply{200, {{"ETag", "\"v1\""}}, body};
    if (const std::string range = request.header("range"); !range.empty() && request.header("if-range") == "\"v1\"") {
      const size_t from = std::stoul(range.substr(6));
      reply.status = 206;
      reply.body = body.substr(from);
      reply.headers.emplace_back("Content-Range", "bytes " + std::to_string(from) + "-" + std::to_string(body.size() - 1) + "/" + std::to_string(body.size()));
    }
    std::swap(reply.cut_at, cut_at);
    std::swap(reply.hold_at, hold_at);
    return reply;
  }

 public:
  HttpServer cdn, server;  // last: they answer at once
};

}  // namespace mlopsctl::testing
