#include "pipeline/net/published_model.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/net/download.hpp"
#include "pipeline/net/url.hpp"

namespace mlopsctl::net {

namespace {

namespace fs = std::filesystem;

struct Listed {
  FileDigest file;
  int64_t size = 0;
};

Digest digest_of(const std::vector<Listed>& files) {
  std::vector<FileDigest> digests;
  for (const Listed& each : files) digests.push_back(each.file);
  return digest_of_folder(digests);
}

// Below the folder, and nowhere else.
bool is_inside(const std::string& path) {
  return !path.empty() && path.front() != '/' &&
         std::ranges::all_of(fs::path(path), [](const fs::path& part) { return part != ".." && part != "." && !part.empty(); });
}

Result<std::vector<Listed>> list_of(const fs::path& model) {
  std::vector<Listed> files;
  TRY_ASSIGN(const auto entries, list_files(model));
  for (const FileEntry& entry : entries) {
    struct stat info {};
    if (::stat((model / entry.relative).c_str(), &info) != 0) return io_error("stat", (model / entry.relative).string(), errno);
    TRY_ASSIGN(const Digest digest, digest_of_file(model / entry.relative));
    files.push_back({{entry.relative, (info.st_mode & S_IXUSR) != 0, digest}, info.st_size});
  }
  return files;
}

Json to_json(const std::vector<Listed>& files) {
  Json rows = Json::array();
  for (const Listed& each : files)
    rows.push_back({{"path", each.file.relative}, {"digest", each.file.digest.str()}, {"executable", each.file.executable}, {"size", each.size}});
  return {{"digest", digest_of(files).str()}, {"files", std::move(rows)}};
}

// Only a list with the digest that was asked for is one.
Result<std::vector<Listed>> read_list(const std::string& text, const PublishedModel& model, const std::string& url) {
  TRY_ASSIGN(const Json json, parse_json(text, shown(url)));
  std::vector<Listed> files;
  if (json.is_object() && json.contains("files"))
    for (const Json& row : json["files"]) {
      const auto digest = Digest::parse(row.value("digest", ""));
      if (!digest || !is_inside(row.value("path", ""))) return stage_error(shown(url) + ": a file has no digest, or a path that leads out of the model");
      files.push_back({{row.value("path", ""), row.value("executable", false), *digest}, row.value("size", int64_t{0})});
    }
  if (const Digest found = digest_of(files); found != model.digest)
    return stage_error(shown(url) + ": lists a model with the digest " + found.str() + ", expected " + model.digest.str())
        .with_hint("publish it anew: mlopsctl model publish MODEL --to FOLDER");
  return files;
}

ModelFiles sum_of(const std::vector<Listed>& files) {
  ModelFiles sum{files.size()};
  for (const Listed& each : files) sum.bytes += static_cast<uint64_t>(each.size);
  return sum;
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Status check_folder(const fs::path& folder, const Digest& digest) {
  TRY_ASSIGN(const Digest found, digest_of_path(folder));
  if (found == digest) return {};
  return config_error(folder.string() + " is there and has the digest " + found.str() + ", expected " + digest.str())
      .with_hint("choose another folder with --to, or remove it");
}

Status put_in_place(const fs::path& part, const fs::path& folder) {
  TRY(sync_tree(part));
  if (::rename(part.c_str(), folder.c_str()) != 0) return io_error("rename into place", folder.string(), errno);
  return sync_path(fs::absolute(folder).parent_path());
}

}  // namespace

Result<PublishedModel> parse_published_model(std::string_view text) {
  const size_t at = text.rfind('@');
  const auto digest = at == std::string_view::npos ? Result<Digest>(config_error("")) : Digest::parse(text.substr(at + 1));
  if (!digest) return config_error("\"" + shown(text) + "\" names no model by its digest").with_hint("write https://models.example.com/airline@sha256:...");
  PublishedModel model{std::string(text.substr(0, at)), *digest};
  while (model.base.ends_with('/')) model.base.pop_back();
  TRY(parse_url(model.base));
  return model;
}

Result<ModelFiles> publish_model(const fs::path& model, const fs::path& to) {
  TRY_ASSIGN(const auto files, list_of(model));
  const Digest digest = digest_of(files);
  const fs::path folder = to / digest.hex();
  ModelFiles sum = sum_of(files);
  sum.already = is_there(folder);
  if (sum.already) TRY(check_folder(folder, digest));
  else TRY(make_folders(to));
  if (!sum.already) {
    const fs::path part = folder.string() + ".part-" + std::to_string(::getpid());
    std::error_code fault;
    fs::copy(model, part, fs::copy_options::recursive, fault);
    if (fault) return static_cast<void>(mlopsctl::remove_all(part)), io_error("copy", model.string(), fault.value());
    TRY(put_in_place(part, folder));
  }
  TRY(write_file_atomically(folder.string() + ".json", to_json(files).dump(2) + "\n"));
  return sum;
}

Result<ModelFiles> fetch_published(Client& client, const PublishedModel& model, const std::string& token, const fs::path& folder,
                                   const std::function<void(const std::string& file, int64_t done, int64_t size)>& progress) {
  TRY_ASSIGN(const Url base, parse_url(model.base));
  Headers headers;
  if (!token.empty() && base.scheme != "https" && !base.is_loopback())
    return config_error("the token would go to " + base.origin() + " unprotected").with_hint("use https, or leave MODEL_TOKEN out");
  if (!token.empty()) headers.emplace_back("Authorization", "Bearer " + token);

  const std::string url = model.base + "/" + model.digest.hex();
  const Request asked{"GET", url + ".json", headers};
  TRY_ASSIGN(const Response answer, client.send(asked));
  if (answer.head.status != 200) return client.refusal(asked, answer).with_hint("is it published there? mlopsctl model publish MODEL --to FOLDER");
  TRY_ASSIGN(const auto files, read_list(answer.body, model, asked.url));
  ModelFiles sum = sum_of(files);
  if (is_there(folder)) {
    TRY(check_folder(folder, model.digest));
    sum.already = true;
    return sum;
  }
  const fs::path part = folder.string() + ".part";
  for (const Listed& each : files) {
    const fs::path path = part / each.file.relative;
    TRY(make_folders(path.parent_path()));
    if (const auto left = digest_of_file(path); !left || *left != each.file.digest) {
      Download what{{"GET", url + "/" + percent_encoded(each.file.relative, true), headers}, path, each.file.digest, each.size, {}};
      if (progress) what.progress = [&](int64_t done, std::optional<int64_t>) { progress(each.file.relative, done, each.size); };
      TRY(download(client, what));
    }
    if (each.file.executable && ::chmod(path.c_str(), 0755) != 0) return io_error("set the mode of", path.string(), errno);
  }
  // What another model's fetch left in it shows here.
  if (const auto whole = digest_of_path(part); !whole || *whole != model.digest) {
    TRY(mlopsctl::remove_all(part));
    return stage_error(part.string() + " had other files in it, and was removed").with_hint("the same command fetches the model anew");
  }
  TRY(put_in_place(part, folder));
  return sum;
}

}  // namespace mlopsctl::net
