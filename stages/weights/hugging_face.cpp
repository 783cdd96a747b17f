#include "stages/weights/hugging_face.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "pipeline/base/files.hpp"
#include "stages/weights/to_f32.hpp"
#include "stages/weights/vocabulary_size.hpp"

namespace mlopsctl::weights {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> tokenizer_files{"vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
                                                          "added_tokens.json"};

// "[2, 0]" for element 8 of a tensor of 4 columns
std::string place(size_t element, const std::vector<int64_t>& shape) {
  std::vector<int64_t> index(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    index[i] = static_cast<int64_t>(element % static_cast<size_t>(shape[i]));
    element /= static_cast<size_t>(shape[i]);
  }
  return describe(index);
}

bool aligned(std::string_view bytes) { return reinterpret_cast<uintptr_t>(bytes.data()) % alignof(float) == 0; }

std::string architecture(const Tensors& tensors) {
  if (tensors.contains("classifier.weight")) return "BertForSequenceClassification";
  return tensors.contains("cls.predictions.bias") ? "BertForMaskedLM" : "BertModel";
}

}  // namespace

Status BertFolder::take(TensorFile file, const std::string& origin, std::map<std::string, std::string, std::less<>>& files) {
  std::set<std::string> known;
  for (const BertTensor& tensor : bert_tensors(config_)) known.insert(tensor.name);
  const std::string file_origin = origin + "/" + file.name;
  for (const auto& [written, tensor] : file.tensors) {
    const auto name = bert_name(written);
    if (!name) continue;
    if (!name->starts_with("bert.") && !known.contains(*name)) {
      ignored_.push_back(written);
      continue;
    }
    if (!is_floating(tensor.dtype))
      return stage_error(file_origin + ": tensor \"" + written + "\" is " + std::string(to_string(tensor.dtype)) + ", expected F32, F16, BF16 or F64");
    Tensor taken = tensor;
    if (tensor.dtype != Dtype::f32 || !aligned(tensor.bytes)) {
      converted_.push_back(to_f32(tensor));
      taken.dtype = Dtype::f32;
      taken.bytes = {reinterpret_cast<const char*>(converted_.back().data()), converted_.back().size() * sizeof(float)};
    }
    if (const auto bad = first_not_finite(taken.bytes))
      return stage_error(file_origin + ": tensor \"" + written + "\" has a number that is not finite at " + place(*bad, taken.shape))
          .with_hint("the training that wrote it diverged, or the file is damaged; fetch or train the model again");
    if (!tensors_.emplace(*name, std::move(taken)).second)
      return stage_error(file_origin + ": tensor \"" + written + "\" is there twice, once with and once without the prefix \"bert.\"");
    files.emplace(*name, file_origin);
  }
  files_.push_back(std::move(file));
  return {};
}

Result<BertFolder> BertFolder::open(const fs::path& folder, std::string origin) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return stage_error(origin + ": is no folder; expected one with config.json and model.safetensors");
  if (!fs::exists(folder / "config.json", ignored)) return stage_error(origin + ": has no config.json; expected a BERT's folder as Hugging Face lays it out");
  BertFolder result;
  TRY_ASSIGN(result.config_, read_bert_config(folder / "config.json", origin + "/config.json"));
  TRY(check_vocabulary_size(folder, origin, result.config_.vocab_size));
  TRY_ASSIGN(auto files, open_tensor_files(folder, origin));
  std::map<std::string, std::string, std::less<>> origins;
  for (TensorFile& file : files) TRY(result.take(std::move(file), origin, origins));
  const std::string weights = result.files_.size() == 1 ? origin + "/" + result.files_.front().name : origin;
  TRY(check_bert_tensors(result.config_, result.tensors_, weights, [&](std::string_view name) { return origins.find(name)->second; }));
  // transformers leaves the labels out of config.json where they are these.
  if (const Tensor* classifier = result.find("classifier.weight"); classifier != nullptr && result.config_.labels.empty())
    for (int64_t id = 0; id < classifier->shape[0]; ++id) result.config_.labels.push_back("LABEL_" + std::to_string(id));
  return result;
}

const Tensor* BertFolder::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

Status write_bert_folder(const fs::path& folder, const BertConfig& config, const Tensors& tensors, const fs::path& tokenizer) {
  TRY(check_bert_tensors(config, tensors, "the model to be written", [](std::string_view) { return std::string("the model to be written"); }));
  TRY(make_folders(folder));
  std::error_code ignored;
  for (const std::string_view name : tokenizer_files) {
    if (!fs::exists(tokenizer / name, ignored)) continue;
    TRY_ASSIGN(const std::string bytes, read_file(tokenizer / name));
    TRY(write_file_atomically(folder / name, bytes));
  }
  Json written = to_json(config);
  written["architectures"] = Json::array({architecture(tensors)});
  TRY(write_file_atomically(folder / "config.json", pretty(written)));
  SafeTensorsWriter writer;
  for (const auto& [name, tensor] : tensors) writer.add(name, tensor.dtype, tensor.shape, tensor.bytes);
  writer.describe("format", "pt");
  return writer.save(folder / "model.safetensors");
}

}  // namespace mlopsctl::weights
