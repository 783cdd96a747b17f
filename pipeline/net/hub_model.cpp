#include "pipeline/net/hub_model.hpp"

#include <array>
#include <cerrno>
#include <map>
#include <string_view>

#include <unistd.h>

#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"

namespace mlopsctl::net {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> tokenizer_files{"tokenizer.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json",
                                                          "added_tokens.json"};
constexpr const char* record_name = "fetched.json";
constexpr const char* lock_name = ".lock";

using Listing = std::map<std::string, HubFile>;

// "model-00001-of-00002.safetensors"
bool is_part(std::string_view name, std::string_view stem, std::string_view ending) {
  return name.starts_with(stem) && name.ends_with(ending) && name.find("-of-") != std::string_view::npos && name.find('/') == std::string_view::npos;
}

std::vector<HubFile> weights_of(const Listing& listing) {
  for (const auto& [stem, ending] : {std::pair{"model", ".safetensors"}, {"pytorch_model", ".bin"}}) {
    if (const auto whole = listing.find(std::string(stem) + ending); whole != listing.end()) return {whole->second};
    const auto index = listing.find(std::string(stem) + ending + ".index.json");
    if (index == listing.end()) continue;
    std::vector<HubFile> files{index->second};
    for (const auto& [name, file] : listing)
      if (is_part(name, std::string(stem) + "-", ending)) files.push_back(file);
    return files;
  }
  return {};
}

bool is_commit(const std::string& revision) { return revision.size() == 40 && revision.find_first_not_of("0123456789abcdef") == std::string::npos; }

Json record_of(const HubReference& reference, const FetchedModel& model) {
  Json files = Json::object();
  for (const FetchedFile& file : model.files) files[file.name] = {{"size", file.size}, {"digest", file.digest.str()}};
  return {{"repository", reference.repo}, {"commit", model.commit}, {"files", files}};
}

struct Record {
  std::string repo;
  FetchedModel model;
};

// What fetched.json says, or nothing where there is none that we understand.
std::optional<Record> read_record(const fs::path& folder) {
  const auto text = read_file(folder / record_name);
  const auto json = text ? parse_json(*text, record_name) : Result<Json>(Json());
  if (!json || !json->is_object() || !json->contains("files") || !(*json)["files"].is_object()) return std::nullopt;
  Record record;
  record.repo = json->value("repository", "");
  record.model.commit = json->value("commit", "");
  for (const auto& [name, row] : (*json)["files"].items()) {
    const auto digest = Digest::parse(row.value("digest", ""));
    if (!digest || name.find('/') != std::string::npos) return std::nullopt;
    record.model.files.push_back({name, row.value("size", int64_t{0}), *digest});
  }
  return record;
}

bool holds_something(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder, ignored) && !(fs::is_directory(folder, ignored) && fs::is_empty(folder, ignored));
}

Result<FetchedModel> check_folder(const HubReference& reference, const std::string& commit, const fs::path& folder) {
  const auto record = read_record(folder);
  const std::string name = folder.string();
  if (!record) return config_error(name + " is there, and was not made by `mlopsctl model fetch`").with_hint("choose another folder with --to");
  if (record->repo != reference.repo || (!commit.empty() && record->model.commit != commit))
    return config_error(name + " holds hf://" + record->repo + "@" + record->model.commit + ", not hf://" + reference.repo + "@" +
                        (commit.empty() ? reference.revision : commit))
        .with_hint("choose another folder with --to, or remove " + name);
  for (const FetchedFile& file : record->model.files) {
    const auto digest = digest_of_file(folder / file.name);
    if (!digest || *digest != file.digest)
      return config_error(name + "/" + file.name + " is not what was fetched").with_hint("remove " + name + " and fetch it again");
  }
  FetchedModel model = record->model;
  model.already = true;
  return model;
}

// Whether an earlier call left the file whole.
Result<std::optional<FetchedFile>> left_whole(const HubFile& file, const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return std::optional<FetchedFile>();
  TRY_ASSIGN(const MappedFile there, MappedFile::open(path));
  const Digest digest = digest_of(there.bytes());
  const bool whole = file.sha256 ? digest == *file.sha256 : !file.blob_id.empty() && git_blob_id(there.bytes()) == file.blob_id;
  if (!whole) return std::optional<FetchedFile>();
  return std::optional<FetchedFile>({file.name, static_cast<int64_t>(there.bytes().size()), digest});
}

// Files of another commit, or of another choice of weights, that a killed call left.
Status remove_others(const fs::path& part, const std::vector<HubFile>& files) {
  TRY_ASSIGN(const auto there, list_files(part));
  for (const FileEntry& entry : there) {
    bool wanted = entry.relative == lock_name;
    for (const HubFile& file : files)
      wanted |= entry.relative == file.name || entry.relative == file.name + ".part" || entry.relative == file.name + ".part.etag";
    if (!wanted) TRY(mlopsctl::remove_all(part / entry.relative));
  }
  return {};
}

}  // namespace

Result<std::vector<HubFile>> files_of_bert(const HubSnapshot& snapshot, const std::string& repo) {
  Listing listing;
  for (const HubFile& file : snapshot.files) listing.emplace(file.name, file);
  const auto missing = [&](const std::string& what) {
    return config_error("hf://" + repo + "@" + snapshot.commit + " has no " + what).with_hint("choose a repository with a BERT in transformers' layout");
  };
  const auto config = listing.find("config.json");
  if (config == listing.end()) return missing("config.json");
  std::vector<HubFile> files{config->second};
  if (!listing.contains("tokenizer.json") && !listing.contains("vocab.txt")) return missing("tokenizer.json and no vocab.txt");
  for (const std::string_view name : tokenizer_files)
    if (const auto found = listing.find(std::string(name)); found != listing.end()) files.push_back(found->second);
  const std::vector<HubFile> weights = weights_of(listing);
  if (weights.empty()) return missing("model.safetensors and no pytorch_model.bin");
  files.insert(files.end(), weights.begin(), weights.end());
  return files;
}

Result<FetchedModel> fetched_before(const HubReference& reference, const fs::path& folder) {
  if (!holds_something(folder))
    return config_error(folder.string() + " is not there, and HF_HUB_OFFLINE forbids to fetch it").with_hint("unset HF_HUB_OFFLINE");
  return check_folder(reference, is_commit(reference.revision) ? reference.revision : "", folder);
}

Result<FetchedModel> fetch_bert(Hub& hub, const HubReference& reference, const fs::path& folder, const FetchEvents& events) {
  TRY_ASSIGN(const HubSnapshot snapshot, hub.list(reference));
  if (holds_something(folder)) return check_folder(reference, snapshot.commit, folder);
  TRY_ASSIGN(const std::vector<HubFile> files, files_of_bert(snapshot, reference.repo));
  if (events.listed) events.listed(snapshot, files);

  const fs::path part = folder.string() + ".part";
  TRY(make_folders(part));
  pid_t holder = 0;
  TRY_ASSIGN(auto lock, FileLock::try_lock(part / lock_name, FileLock::Mode::exclusive, &holder));
  if (!lock)
    return stage_error("process " + std::to_string(holder) + " is fetching into " + part.string()).with_hint("wait for it, or choose another folder with --to");
  if (holds_something(folder)) return check_folder(reference, snapshot.commit, folder);
  TRY(lock->describe(std::to_string(::getpid())));
  TRY(remove_others(part, files));

  FetchedModel model;
  model.commit = snapshot.commit;
  for (const HubFile& file : files) {
    TRY_ASSIGN(auto left, left_whole(file, part / file.name));
    if (!left) {
      const auto progress = [&](int64_t done, std::optional<int64_t> size) {
        if (events.progress) events.progress(file, done, size);
      };
      TRY_ASSIGN(const Downloaded fetched, hub.fetch(reference, snapshot.commit, file, part / file.name, progress));
      left = FetchedFile{file.name, fetched.size, fetched.digest};
    }
    model.files.push_back(*left);
  }
  TRY(write_file_atomically(part / record_name, record_of(reference, model).dump(2) + "\n"));
  TRY(sync_path(part));
  if (::rename(part.c_str(), folder.c_str()) != 0) return io_error("rename into place", folder.string(), errno);
  TRY(sync_path(fs::absolute(folder).parent_path()));
  ::unlink((folder / lock_name).c_str());
  return model;
}

}  // namespace mlopsctl::net
