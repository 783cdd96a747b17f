#include "pipeline/net/hub.hpp"

#include <algorithm>
#include <cctype>

#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/net/url.hpp"

namespace mlopsctl::net {

namespace {

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 96 && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; });
}
bool is_hex(std::string_view text, size_t length) { return text.size() == length && text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

std::optional<Digest> sha256_of(const Json& lfs) {
  for (const char* key : {"sha256", "oid"}) {
    if (!lfs.is_object() || !lfs.contains(key) || !lfs[key].is_string()) continue;
    auto digest = Digest::parse("sha256:" + lfs[key].get<std::string>());
    if (digest) return *digest;
  }
  return std::nullopt;
}

// The hub says it before it redirects to where the bytes are.
std::optional<Digest> linked_digest(const Response& answer) {
  std::optional<std::string> etag = answer.find("x-linked-etag");
  for (const Head& head : answer.redirects)
    if (!etag) etag = head.find("x-linked-etag");
  if (!etag) return std::nullopt;
  std::erase(*etag, '"');
  const auto digest = Digest::parse("sha256:" + *etag);
  return digest ? std::optional<Digest>(*digest) : std::nullopt;
}

Result<HubSnapshot> read_listing(const std::string& text, const std::string& origin) {
  auto parsed = parse_json(text, origin);
  if (!parsed) return stage_error(parsed.error().message);
  const Json json = *std::move(parsed);
  const auto fault = [&](const char* what) { return stage_error(origin + ": is no list of a repository: " + what); };
  if (!json.is_object() || !json.contains("sha") || !json["sha"].is_string() || !is_hex(json["sha"].get<std::string>(), 40)) return fault("it names no commit");
  if (!json.contains("siblings") || !json["siblings"].is_array()) return fault("it has no siblings");
  HubSnapshot snapshot;
  snapshot.commit = json["sha"].get<std::string>();
  for (const Json& row : json["siblings"]) {
    if (!row.is_object() || !row.contains("rfilename") || !row["rfilename"].is_string()) return fault("a file has no rfilename");
    HubFile file;
    file.name = row["rfilename"].get<std::string>();
    if (row.contains("size") && row["size"].is_number_unsigned()) file.size = row["size"].get<int64_t>();
    if (row.contains("lfs")) file.sha256 = sha256_of(row["lfs"]);
    if (row.contains("blobId") && row["blobId"].is_string() && is_hex(row["blobId"].get<std::string>(), 40)) file.blob_id = row["blobId"].get<std::string>();
    snapshot.files.push_back(std::move(file));
  }
  return snapshot;
}

}  // namespace

Result<HubReference> parse_hub_reference(std::string_view text) {
  const auto bad = [&](const std::string& why) {
    return config_error("\"" + std::string(text) + "\" names no repository: " + why)
        .with_hint("write hf://ORGANISATION/NAME or hf://ORGANISATION/NAME@REVISION");
  };
  std::string_view rest = text;
  if (!rest.starts_with("hf://")) return bad("expected hf:// in front");
  rest.remove_prefix(5);
  HubReference reference;
  const size_t at = rest.find('@');
  reference.repo = std::string(rest.substr(0, at));
  reference.revision = at == std::string_view::npos ? "main" : std::string(rest.substr(at + 1));
  const size_t slash = reference.repo.find('/');
  const bool named =
      slash == std::string::npos ? is_name(reference.repo) : is_name(reference.repo.substr(0, slash)) && is_name(reference.repo.substr(slash + 1));
  if (!named) return bad("expected letters, digits and -_. on both sides of one /");
  if (reference.revision.empty() || reference.revision.size() > 250 ||
      std::any_of(reference.revision.begin(), reference.revision.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; }))
    return bad("the revision after @ is empty or has blanks in it");
  return reference;
}

Result<Request> Hub::request(const std::string& path) const {
  Request request;
  request.url = endpoint_ + path;
  TRY_ASSIGN(const Url url, parse_url(request.url));
  if (token_.empty()) return request;
  if (url.scheme != "https" && !url.is_loopback())
    return config_error("the token would go to " + url.origin() + " without protection").with_hint("set HF_ENDPOINT to an https:// address, or unset HF_TOKEN");
  request.headers.emplace_back("Authorization", "Bearer " + token_);
  return request;
}

Error Hub::refused(const HubReference& reference, const Request& request, const Response& response) const {
  Error error = client_.refusal(request, response);
  const int status = response.head.status;
  if (status == 401 || status == 403 || status == 404) error.kind = ErrorKind::config;
  const std::string page = endpoint_ + "/" + reference.repo;
  const std::string code = response.find("x-error-code").value_or("");
  if (status == 404 && code == "RevisionNotFound") error.hint = reference.repo + " has no revision " + reference.revision + "; see " + page + "/tree/main";
  else if (status == 404) error.hint = "see whether " + page + " is there, and spelt like that";
  else if (status == 401 && token_.empty()) error.hint = "the repository is private, or not there; put a token that may read it into HF_TOKEN";
  else if (status == 401) error.hint = "the token in use is not valid, or the repository is not there";
  else if (status == 403) error.hint = "ask for access on " + page + " with the account of your token";
  return error;
}

Result<HubSnapshot> Hub::list(const HubReference& reference) {
  TRY_ASSIGN(const Request request, this->request("/api/models/" + reference.repo + "/revision/" + percent_encoded(reference.revision, false) + "?blobs=true"));
  TRY_ASSIGN(const Response response, client_.send(request));
  if (response.head.status != 200) return refused(reference, request, response);
  TRY_ASSIGN(HubSnapshot snapshot, read_listing(response.body, shown(request.url)));
  if (is_hex(reference.revision, 40) && snapshot.commit != reference.revision)
    return stage_error(shown(request.url) + ": answers for commit " + snapshot.commit + ", asked for " + reference.revision);
  return snapshot;
}

Result<Downloaded> Hub::fetch(const HubReference& reference, const std::string& commit, const HubFile& file, const std::filesystem::path& to,
                              std::function<void(int64_t, std::optional<int64_t>)> progress) {
  TRY_ASSIGN(const Request request, this->request("/" + reference.repo + "/resolve/" + commit + "/" + percent_encoded(file.name, true)));
  auto fetched = download(client_, {request, to, file.sha256, file.size, std::move(progress), &linked_digest});
  if (!fetched || file.sha256 || file.blob_id.empty()) return fetched;
  TRY_ASSIGN(const std::string bytes, read_file(to));
  if (const std::string id = git_blob_id(bytes); id != file.blob_id) {
    TRY(mlopsctl::remove_all(to));
    return stage_error("GET " + shown(request.url) + ": the bytes have the git id " + id + ", expected " + file.blob_id)
        .with_hint("the file was changed on the way or on the server; nothing of it was kept");
  }
  return fetched;
}

}  // namespace mlopsctl::net
