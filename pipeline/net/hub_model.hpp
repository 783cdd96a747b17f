// A BERT from a model repository, as a folder: config.json, the tokenizer's files and the weights, and nothing else of what is there.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/net/hub.hpp"

namespace mlopsctl::net {

// What of a listing a BERT needs, in the order of fetching. Weights: model.safetensors, or its index and parts, or the same of
// pytorch_model.bin. An error where config.json, the tokenizer or the weights are missing.
Result<std::vector<HubFile>> files_of_bert(const HubSnapshot& snapshot, const std::string& repo);

struct FetchedFile {
  std::string name;
  int64_t size = 0;
  Digest digest;
};
struct FetchedModel {
  std::string commit;
  std::vector<FetchedFile> files;
  bool already = false;  // the folder held just that, whole
};

struct FetchEvents {
  std::function<void(const HubSnapshot& snapshot, const std::vector<HubFile>& files)> listed;
  std::function<void(const HubFile& file, int64_t done, std::optional<int64_t> size)> progress;
};

// Fills "FOLDER.part" and renames it to `folder` when every file is there and checked; a later call goes on with what a killed one left.
// Of two calls at once the second fails. "fetched.json" in the folder says what it holds. A folder that is there is never changed: it is
// checked if it holds the same commit, else refused.
Result<FetchedModel> fetch_bert(Hub& hub, const HubReference& reference, const std::filesystem::path& folder, const FetchEvents& events);

// Without the network: the folder must hold the repository already, whole, and at that commit if the revision is one.
Result<FetchedModel> fetched_before(const HubReference& reference, const std::filesystem::path& folder);

}  // namespace mlopsctl::net
