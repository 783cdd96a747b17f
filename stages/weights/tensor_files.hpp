// The file or files in which a model folder keeps its tensors, whatever their form, as one map of names to views.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/base/result.hpp"
#include "stages/weights/bert_tensors.hpp"
#include "stages/weights/safetensors.hpp"

namespace mlopsctl::weights {

// One file of the folder and what it holds. The views live as long as `keeps` does.
struct TensorFile {
  std::string name;  // "model.safetensors"
  Tensors tensors;
  std::shared_ptr<const void> keeps;
};

// model.safetensors, or the parts that model.safetensors.index.json lists, or the same of pytorch_model.bin: the first that is there.
// `origin` is what messages call the folder. An index must list exactly the tensors of its parts.
Result<std::vector<TensorFile>> open_tensor_files(const std::filesystem::path& folder, const std::string& origin);

}  // namespace mlopsctl::weights
