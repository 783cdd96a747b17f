// The tiny BERT that transformers wrote (tests/oracle/expected/tiny_bert), and folders made from it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pipeline/base/files.hpp"
#include "pipeline/base/json.hpp"
#include "stages/weights/hugging_face.hpp"
#include "tests/support/places.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::weights {

inline std::filesystem::path tiny_bert() { return testing::oracle_folder() / "tiny_bert"; }

// A copy of config.json, vocab.txt and model.safetensors that a test changes; messages call it "model".
class BertCopy {
 public:
  BertCopy() {
    for (const char* name : {"config.json", "vocab.txt", "tokenizer_config.json", "model.safetensors"})
      std::filesystem::copy(tiny_bert() / name, folder.path());
    EXPECT_TRUE(parse_json(read_file(folder / "config.json").value(), "config").ok());
    config = parse_json(read_file(folder / "config.json").value(), "config").value();
    const auto source = SafeTensors::open(tiny_bert() / "model.safetensors", "tiny").value();
    for (const auto& [name, tensor] : source.tensors()) tensors[name] = {tensor.dtype, tensor.shape, std::string(tensor.bytes)};
  }

  struct Owned {
    Dtype dtype = Dtype::f32;
    std::vector<int64_t> shape;
    std::string bytes;
  };
  // Tensor `name` under another name.
  void rename(const std::string& name, const std::string& to) {
    auto node = tensors.extract(name);
    node.key() = to;
    tensors.insert(std::move(node));
  }
  void save_config() const { folder.write("config.json", config.dump()); }
  void save_tensors() const {
    SafeTensorsWriter writer;
    for (const auto& [name, tensor] : tensors) writer.add(name, tensor.dtype, tensor.shape, tensor.bytes);
    ASSERT_TRUE(writer.save(folder / "model.safetensors").ok());
  }
  Result<BertFolder> open() const { return BertFolder::open(folder.path(), "model"); }
  // Saves both and opens; what was wrong, or nothing.
  std::string fault() const {
    save_config();
    save_tensors();
    return fault_as_is();
  }
  std::string fault_as_is() const {
    const auto opened = open();
    return opened ? "" : opened.error().message;
  }

  testing::TemporaryFolder folder;
  Json config;
  std::map<std::string, Owned> tensors;
};

}  // namespace mlopsctl::weights
