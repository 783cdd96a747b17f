#include "stages/weights/tensor_files.hpp"

#include <array>
#include <map>

#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"
#include "stages/weights/torch_archive.hpp"

namespace mlopsctl::weights {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> candidates{"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"};

// A repository that was cloned without Git LFS has a few lines of text in the place of every large file.
Status refuse_pointer(const fs::path& path, const std::string& origin) {
  TRY_ASSIGN(const MappedFile file, MappedFile::open(path));
  if (!file.bytes().starts_with("version https://git-lfs.github.com/spec/")) return {};
  return stage_error(origin + ": is a Git LFS pointer, not the file it stands for").with_hint("run `git lfs pull` in that folder");
}

template <typename Opened>
Result<TensorFile> keep(const std::string& name, Result<Opened> opened) {
  if (!opened) return std::move(opened).error();
  const auto kept = std::make_shared<Opened>(*std::move(opened));
  return TensorFile{name, kept->tensors(), kept};
}

Result<TensorFile> open_file(const fs::path& folder, const std::string& name, const std::string& origin) {
  const std::string file_origin = origin + "/" + name;
  TRY(refuse_pointer(folder / name, file_origin));
  if (name.ends_with(".bin")) return keep(name, TorchArchive::open(folder / name, file_origin));
  return keep(name, SafeTensors::open(folder / name, file_origin));
}

// "weight_map": {tensor: file}
Result<std::map<std::string, std::vector<std::string>>> read_index(const fs::path& path, const std::string& origin) {
  TRY_ASSIGN(const std::string text, read_file(path));
  auto parsed = parse_json(text, origin);
  if (!parsed) return stage_error(parsed.error().message);
  const Json index = *std::move(parsed);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) return stage_error(origin + ": has no weight_map");
  std::map<std::string, std::vector<std::string>> parts;
  for (const auto& [tensor, file] : index["weight_map"].items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || name == ".." || name.find('/') != std::string::npos || name.find('\0') != std::string::npos)
      return stage_error(origin + ": tensor \"" + tensor + "\": expected the name of a file in the same folder, got " + canonical(file));
    parts[name].push_back(tensor);
  }
  return parts;
}

Result<std::vector<TensorFile>> open_parts(const fs::path& folder, const std::string& index, const std::string& origin) {
  const std::string index_origin = origin + "/" + index;
  TRY_ASSIGN(const auto parts, read_index(folder / index, index_origin));
  std::vector<TensorFile> files;
  for (const auto& [name, tensors] : parts) {
    TRY_ASSIGN(TensorFile file, open_file(folder, name, origin));
    for (const std::string& tensor : tensors)
      if (!file.tensors.contains(tensor)) return stage_error(origin + "/" + name + ": has no tensor \"" + tensor + "\", which " + index + " places there");
    if (file.tensors.size() != tensors.size())
      return stage_error(origin + "/" + name + ": holds " + std::to_string(file.tensors.size()) + " tensors, " + index + " lists " +
                         std::to_string(tensors.size()) + " of them");
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace

Result<std::vector<TensorFile>> open_tensor_files(const fs::path& folder, const std::string& origin) {
  std::error_code ignored;
  for (const std::string_view candidate : candidates) {
    const std::string name(candidate);
    if (!fs::exists(folder / name, ignored)) continue;
    if (name.ends_with(".json")) return open_parts(folder, name, origin);
    TRY_ASSIGN(TensorFile file, open_file(folder, name, origin));
    std::vector<TensorFile> files;
    files.push_back(std::move(file));
    return files;
  }
  return stage_error(origin + ": has no model.safetensors and no pytorch_model.bin");
}

}  // namespace mlopsctl::weights
