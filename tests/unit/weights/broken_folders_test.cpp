// Model folders with one thing wrong: each is refused with a message that names file, tensor and cause. (What is wrong inside a
// pytorch_model.bin: torch_archive_test.cpp.)
#include <cmath>
#include <cstring>
#include <limits>

#include <gmock/gmock.h>

#include "tests/support/zip_writer.hpp"
#include "tests/unit/weights/tiny_bert.hpp"

namespace mlopsctl::weights {
namespace {

constexpr const char* query = "bert.encoder.layer.1.attention.self.query.weight";

// The file cut or changed as bytes.
std::string fault_of_bytes(const std::function<std::string(std::string)>& change) {
  const BertCopy copy;
  copy.folder.write("model.safetensors", change(read_file(copy.folder / "model.safetensors").value()));
  return copy.fault_as_is();
}
std::string fault_of_number(float number) {
  BertCopy copy;
  std::memcpy(copy.tensors[query].bytes.data() + 4 * (8 * 3 + 5), &number, 4);
  return copy.fault();
}

TEST(BrokenFolder, TruncatedSafetensors) {
  EXPECT_EQ(fault_of_bytes([](const std::string& bytes) { return bytes.substr(0, bytes.size() - 1); }),
            "model/model.safetensors: not a safetensors file: tensor \"classifier.weight\": data_offsets [5836,5932] reach past the 5931 bytes of data");
  EXPECT_EQ(fault_of_bytes([](const std::string& bytes) { return bytes.substr(0, 1000); }),
            "model/model.safetensors: not a safetensors file: the header length 4176 reaches past the end of the file");
  EXPECT_EQ(fault_of_bytes([](const std::string&) { return ""; }),
            "model/model.safetensors: not a safetensors file: it has 0 bytes, fewer than the 8 of the header length");
}

TEST(BrokenFolder, OverlappingOffsets) {
  EXPECT_EQ(fault_of_bytes([](const std::string&) {
              const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})";
              return little(header.size(), 8) + header + std::string(12, '\0');
            }),
            "model/model.safetensors: not a safetensors file: tensor \"b\" overlaps the one before it");
}

TEST(BrokenFolder, HeaderOfTwoToThe63) {
  EXPECT_EQ(fault_of_bytes([](const std::string& bytes) { return little(uint64_t{1} << 63, 8) + bytes.substr(8); }),
            "model/model.safetensors: not a safetensors file: the header length 9223372036854775808 is over 100000000");
}

TEST(BrokenFolder, NumbersThatAreNone) {
  const std::string message = "model/model.safetensors: tensor \"bert.encoder.layer.1.attention.self.query.weight\" has a number that is not finite at [3, 5]";
  EXPECT_EQ(fault_of_number(std::nanf("")), message);
  EXPECT_EQ(fault_of_number(-std::numeric_limits<float>::infinity()), message);
  EXPECT_EQ(fault_of_number(std::numeric_limits<float>::max()), "");
}

TEST(BrokenFolder, WrongShape) {
  BertCopy copy;
  copy.tensors[query].shape = {4, 16};
  EXPECT_EQ(copy.fault(),
            "model/model.safetensors: tensor \"bert.encoder.layer.1.attention.self.query.weight\" has shape [4, 16], config.json asks for [8, 8]");
  copy.tensors[query].shape = {64};
  EXPECT_EQ(copy.fault(), "model/model.safetensors: tensor \"bert.encoder.layer.1.attention.self.query.weight\" has shape [64], config.json asks for [8, 8]");
  BertCopy other;
  other.config["max_position_embeddings"] = 17;
  EXPECT_EQ(other.fault(), "model/model.safetensors: tensor \"bert.embeddings.position_embeddings.weight\" has shape [16, 8], config.json asks for [17, 8]");
}

TEST(BrokenFolder, MissingTensor) {
  BertCopy copy;
  copy.tensors.erase(query);
  EXPECT_EQ(copy.fault(),
            "model/model.safetensors: has no tensor \"bert.encoder.layer.1.attention.self.query.weight\"; config.json asks for it with shape [8, 8]");
  BertCopy half;
  half.tensors.erase("classifier.bias");
  EXPECT_EQ(half.fault(), "model/model.safetensors: has the tensor \"classifier.weight\" but not \"classifier.bias\"");
  BertCopy deeper;
  deeper.config["num_hidden_layers"] = 3;
  EXPECT_EQ(deeper.fault(),
            "model/model.safetensors: has no tensor \"bert.encoder.layer.2.attention.self.query.weight\"; config.json asks for it with shape [8, 8]");
}

TEST(BrokenFolder, TensorOfAnotherModel) {
  BertCopy shallow;
  shallow.config["num_hidden_layers"] = 1;
  EXPECT_EQ(shallow.fault(),
            "model/model.safetensors: tensor \"bert.encoder.layer.1.attention.output.LayerNorm.bias\" is no part of the BERT that config.json describes "
            "(1 layer)");
  BertCopy twice;
  twice.tensors["embeddings.LayerNorm.bias"] = twice.tensors["bert.embeddings.LayerNorm.bias"];
  EXPECT_EQ(twice.fault(), "model/model.safetensors: tensor \"embeddings.LayerNorm.bias\" is there twice, once with and once without the prefix \"bert.\"");
  BertCopy quantised;
  quantised.tensors[query] = {Dtype::i8, {8, 8}, std::string(64, '\1')};
  EXPECT_EQ(quantised.fault(), "model/model.safetensors: tensor \"bert.encoder.layer.1.attention.self.query.weight\" is I8, expected F32, F16, BF16 or F64");
}

TEST(BrokenFolder, LabelsOfAnotherClassifier) {
  BertCopy copy;
  copy.config["id2label"].erase("2");
  copy.config["label2id"].erase("positive");
  EXPECT_EQ(copy.fault(), "model/model.safetensors: tensor \"classifier.weight\" has 3 rows, config.json has 2 labels");
}

TEST(BrokenFolder, VocabularyOfAnotherSize) {
  const BertCopy copy;
  copy.folder.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]");
  EXPECT_EQ(copy.fault_as_is(), "model/vocab.txt: has 4 words, config.json says vocab_size 20");
  copy.folder.write("vocab.txt", read_file(tiny_bert() / "vocab.txt").value() + "more\n");
  EXPECT_EQ(copy.fault_as_is(), "model/vocab.txt: has 21 words, config.json says vocab_size 20");
  std::filesystem::remove(copy.folder / "vocab.txt");
  copy.folder.write("tokenizer.json", R"({"model":{"vocab":{"[PAD]":0,"a":1}},"added_tokens":[{"id":30,"content":"x"}]})");
  EXPECT_EQ(copy.fault_as_is(), "model/tokenizer.json: has 31 words, config.json says vocab_size 20");
  copy.folder.write("tokenizer.json", R"({"model":{"vocab":{"[PAD]":-1}}})");
  EXPECT_EQ(copy.fault_as_is(), "model/tokenizer.json: model.vocab: the word \"[PAD]\": expected an id, got -1");
  copy.folder.write("tokenizer.json", "{}");
  EXPECT_EQ(copy.fault_as_is(), "model/tokenizer.json: has no model.vocab that maps words to ids");
}

TEST(BrokenFolder, FilesThatAreNotThere) {
  BertCopy copy;
  EXPECT_EQ(BertFolder::open(copy.folder / "nowhere", "nowhere").error().message, "nowhere: is no folder; expected one with config.json and model.safetensors");
  const testing::TemporaryFolder empty;
  EXPECT_EQ(BertFolder::open(empty.path(), "copy").error().message, "copy: has no config.json; expected a BERT's folder as Hugging Face lays it out");
  std::filesystem::remove(copy.folder / "model.safetensors");
  EXPECT_EQ(copy.fault_as_is(), "model: has no model.safetensors and no pytorch_model.bin");
  copy.folder.write("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 90868376\n");
  const auto pointer = copy.open();
  EXPECT_EQ(pointer.error().message, "model/model.safetensors: is a Git LFS pointer, not the file it stands for");
  EXPECT_EQ(pointer.error().hint, "run `git lfs pull` in that folder");
}

}  // namespace
}  // namespace mlopsctl::weights
