// Where the server's model comes from, and how it comes into memory.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "stages/serve/scoring/scorer.hpp"

namespace mlopsctl::serve {

struct ModelPlace {
  std::filesystem::path folder;
  std::optional<Digest> digest;  // none: that of the folder, worked out when it is loaded
  std::string name, version;     // LiveModel's
  std::string origin;            // what messages call it: "alias airline, version 3"
  std::string stamp;             // another one: another model
};

struct ModelSource {
  // Which model is to answer now. Asked again and again (see ScoringOptions::watch), on one thread at a time: cheap.
  std::function<Result<ModelPlace>()> find;
  // null: ml::Model::load.
  std::function<Result<ml::Model>(const ModelPlace&)> open{};
};

// A model folder, or a symbolic link to one: another model when the link points elsewhere, or when a file in it has changed and none has since
// the time before: a folder that is being written is not looked into.
ModelSource folder_source(std::filesystem::path folder);

// Loaded for `threads` threads and checked: it scores texts of all kinds with probabilities, and has the labels of `before` (null: any), for
// clients know them. An Error says what it does wrong.
Result<std::shared_ptr<const LiveModel>> load_checked(const ModelSource& source, const ModelPlace& place, int threads, const LiveModel* before);

}  // namespace mlopsctl::serve
