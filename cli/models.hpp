// Which model a word on the command line means.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "cli/session.hpp"

namespace mlopsctl::cli {

struct ModelPlace {
  std::filesystem::path path;    // the model's folder
  std::optional<Digest> digest;  // of a model in the store
  std::string origin;            // what to call it: "alias feedback, version 3"
  std::string name{};            // "feedback": of the alias, the stage or the folder
  std::string version = "1";     // of the alias, "3"
  bool alias = false;            // it was named by one, which may move
};

// In this order: a folder (with a '/', or one that has a model.json), a registered alias ("feedback", "feedback@2"), a digest
// ("sha256:..." or the start of one that an alias or the latest run names), a stage of the latest run. The error lists what there is.
Result<ModelPlace> find_model(Session& session, const std::string& word);

// Of the model: the store's, or that of the folder's bytes.
Result<Digest> digest_of(const ModelPlace& place);

// model.json of a folder.
Result<Json> model_description(const ModelPlace& place);

// The newest entry of each alias, by name.
Result<std::vector<engine::AliasEntry>> current_aliases(engine::Store& store);
Json to_json(const engine::AliasEntry& entry);

}  // namespace mlopsctl::cli
