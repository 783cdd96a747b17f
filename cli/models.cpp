#include "cli/models.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "pipeline/base/files.hpp"
#include "pipeline/base/list_of.hpp"

namespace mlopsctl::cli {

namespace {

constexpr std::string_view digest_prefix = "sha256:";

Result<ModelPlace> in_store(engine::Store& store, const Digest& digest, std::string origin, std::string name, int64_t version = 1) {
  if (!store.has(digest))
    return config_error("the model " + digest.brief() + " (" + origin + ") is no longer in the store").with_hint("make it again with `mlopsctl run`");
  return ModelPlace{store.path_of(digest), digest, std::move(origin), std::move(name), std::to_string(version)};
}

// Digests of models that aliases or the latest run know.
Result<std::set<Digest>> known_models(engine::Store& store) {
  std::set<Digest> digests;
  TRY_ASSIGN(const auto entries, store.alias_history(""));
  for (const auto& entry : entries) digests.insert(entry.model);
  TRY_ASSIGN(const auto runs, store.runs("", 20));
  for (const auto& run : runs) {
    for (const auto& stage : run.stages) {
      for (const auto& artifact : stage.artifacts) {
        if (artifact.type == "model") digests.insert(artifact.digest);
      }
    }
  }
  return digests;
}

Result<ModelPlace> by_digest(engine::Store& store, const std::string& word) {
  TRY_ASSIGN(const auto digests, known_models(store));
  std::vector<Digest> matches;
  for (const auto& digest : digests) {
    if (digest.str().starts_with(word)) matches.push_back(digest);
  }
  if (matches.size() == 1) return in_store(store, matches.front(), matches.front().brief(), matches.front().brief());
  if (matches.empty()) return config_error("no model here has the digest " + word).with_hint("`mlopsctl model list` shows the registered ones");
  return config_error(word + " is the start of " + std::to_string(matches.size()) + " digests").with_hint("write more of its digits");
}

Result<std::optional<ModelPlace>> by_alias(engine::Store& store, const std::string& word) {
  const size_t at = word.rfind('@');
  const std::string name = word.substr(0, at);
  if (at == std::string::npos) {
    TRY_ASSIGN(const auto entry, store.alias(name));
    if (!entry) return std::optional<ModelPlace>();
    TRY_ASSIGN(auto place, in_store(store, entry->model, "alias " + name + ", version " + std::to_string(entry->version), name, entry->version));
    place.alias = true;
    return std::optional<ModelPlace>(std::move(place));
  }
  int64_t version = 0;
  std::from_chars(word.data() + at + 1, word.data() + word.size(), version);
  TRY_ASSIGN(const auto entries, store.alias_history(name));
  for (const auto& entry : entries) {
    if (entry.version != version) continue;
    TRY_ASSIGN(auto place, in_store(store, entry.model, "alias " + name + ", version " + std::to_string(version), name, version));
    return std::optional<ModelPlace>(std::move(place));
  }
  return std::optional<ModelPlace>();
}

Result<std::optional<ModelPlace>> by_stage(engine::Store& store, const std::string& word, std::vector<std::string>& names) {
  TRY_ASSIGN(const auto runs, store.runs("", 1));
  for (const auto& run : runs) {
    for (const auto& stage : run.stages) {
      for (const auto& artifact : stage.artifacts) {
        if (artifact.type != "model") continue;
        names.push_back(stage.name);
        if (stage.name != word) continue;
        TRY_ASSIGN(auto place, in_store(store, artifact.digest, "stage " + word + " of run " + run.id, word));
        return std::optional<ModelPlace>(std::move(place));
      }
    }
  }
  return std::optional<ModelPlace>();
}

}  // namespace

Result<ModelPlace> find_model(Session& session, const std::string& word) {
  const std::filesystem::path path(word);
  std::error_code ignored;
  if (std::filesystem::exists(path / "model.json", ignored)) {
    const auto whole = std::filesystem::absolute(path).lexically_normal();
    return ModelPlace{path, std::nullopt, word, (whole.has_filename() ? whole : whole.parent_path()).filename().string()};
  }
  if (word.find('/') != std::string::npos) {
    const bool there = std::filesystem::exists(path, ignored);
    return config_error(there ? word + " is not a model folder: it has no model.json" : "there is no model folder " + word)
        .with_hint("name a folder with a model.json, or an alias that `mlopsctl model list` shows");
  }
  TRY_ASSIGN(auto store, session.existing_store());
  std::vector<std::string> names;
  if (store) {
    if (word.starts_with(digest_prefix)) return by_digest(*store, word);
    TRY_ASSIGN(auto alias, by_alias(*store, word));
    if (alias) return std::move(*alias);
    TRY_ASSIGN(auto stage, by_stage(*store, word, names));
    if (stage) return std::move(*stage);
    TRY_ASSIGN(const auto aliases, current_aliases(*store));
    for (const auto& entry : aliases) names.push_back(entry.alias);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  Error error = config_error("there is no model \"" + word + "\": no alias, no stage of the latest run, no folder");
  const auto near = nearest(word, names);
  error.hint = near ? "did you mean " + *near + "?" : names.empty() ? "make one with `mlopsctl run`" : "use one of: " + list_of(names);
  return error;
}

Result<Digest> digest_of(const ModelPlace& place) { return place.digest ? Result<Digest>(*place.digest) : digest_of_path(place.path); }

Result<Json> model_description(const ModelPlace& place) {
  const auto file = place.path / "model.json";
  TRY_ASSIGN(const auto text, read_file(file));
  return parse_json(text, file.string());
}

Result<std::vector<engine::AliasEntry>> current_aliases(engine::Store& store) {
  TRY_ASSIGN(const auto entries, store.alias_history(""));
  std::map<std::string, engine::AliasEntry> newest;
  for (const auto& entry : entries) {
    const auto found = newest.find(entry.alias);
    if (found == newest.end() || found->second.version < entry.version) newest[entry.alias] = entry;
  }
  std::vector<engine::AliasEntry> current;
  for (auto& [name, entry] : newest) current.push_back(std::move(entry));
  return current;
}

Json to_json(const engine::AliasEntry& entry) {
  return {{"alias", entry.alias}, {"version", entry.version}, {"model", entry.model.str()},
          {"at", entry.at},       {"action", entry.action},   {"run", entry.run_id.empty() ? Json() : Json(entry.run_id)}};
}

}  // namespace mlopsctl::cli
