#include "stages/weights/hugging_face.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>

#include <gmock/gmock.h>

#include "tests/unit/weights/tiny_bert.hpp"

namespace mlopsctl::weights {
namespace {

std::vector<float> values(const Tensor& tensor) {
  std::vector<float> all(tensor.bytes.size() / sizeof(float));
  std::memcpy(all.data(), tensor.bytes.data(), tensor.bytes.size());
  return all;
}

// Holds a folder's tensors to what torch says of them.
void expect_as_torch_says(const BertFolder& model, double tolerance) {
  const Json expected = parse_json(read_file(tiny_bert() / "expected.json").value(), "expected").value();
  ASSERT_EQ(model.tensors().size(), expected["tensors"].size());
  for (const auto& [name, tensor] : model.tensors()) {
    ASSERT_TRUE(expected["tensors"].contains(name)) << name;
    const Json& want = expected["tensors"][name];
    EXPECT_EQ(tensor.dtype, Dtype::f32);
    EXPECT_EQ(Json(tensor.shape), want["shape"]) << name;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.bytes.data()) % 4, 0U) << name;
    double sum = 0, largest = 0;
    const auto all = values(tensor);
    for (const float value : all) sum += value, largest = std::max(largest, std::abs(static_cast<double>(value)));
    EXPECT_NEAR(sum, want["sum"].get<double>(), tolerance * largest * static_cast<double>(all.size())) << name;
    EXPECT_NEAR(all.front(), want["first"].get<double>(), tolerance * largest) << name;
    EXPECT_NEAR(all.back(), want["last"].get<double>(), tolerance * largest) << name;
  }
}

TEST(BertFolder, ReadsWhatTransformersWrites) {
  const auto model = BertFolder::open(tiny_bert(), "model");
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_TRUE(model->has_pooler());
  EXPECT_TRUE(model->has_classifier());
  EXPECT_FALSE(model->has_mlm_head());
  EXPECT_THAT(model->ignored(), ::testing::IsEmpty());
  expect_as_torch_says(*model, 1e-12);
}

TEST(BertFolder, ViewsOutliveAMove) {
  auto opened = BertFolder::open(tiny_bert(), "model");
  ASSERT_TRUE(opened.ok());
  const auto moved = std::make_unique<BertFolder>(std::move(*opened));
  expect_as_torch_says(*moved, 1e-12);
}

TEST(BertFolder, TakesOldNamesBuffersAndHeads) {
  BertCopy copy;
  std::map<std::string, BertCopy::Owned> old;
  for (auto& [name, tensor] : copy.tensors) {
    std::string plain = name.starts_with("bert.") ? name.substr(5) : name;
    if (const size_t at = plain.find("LayerNorm.weight"); at != std::string::npos) plain.replace(at + 10, 6, "gamma");
    if (const size_t at = plain.find("LayerNorm.bias"); at != std::string::npos) plain.replace(at + 10, 4, "beta");
    old[plain] = tensor;
  }
  copy.tensors = old;
  copy.tensors["embeddings.position_ids"] = {Dtype::i64, {1, 16}, std::string(128, '\0')};
  copy.tensors["qa_outputs.bias"] = {Dtype::f32, {2}, std::string(8, '\0')};
  copy.tensors["cls.seq_relationship.weight"] = {Dtype::f32, {2, 8}, std::string(64, '\0')};
  copy.tensors["cls.seq_relationship.bias"] = {Dtype::f32, {2}, std::string(8, '\0')};
  ASSERT_EQ(copy.fault(), "");
  const auto model = copy.open().value();
  EXPECT_THAT(model.ignored(), ::testing::ElementsAre("qa_outputs.bias"));
  EXPECT_NE(model.find("cls.seq_relationship.bias"), nullptr);
  EXPECT_NE(model.find("bert.encoder.layer.1.output.LayerNorm.weight"), nullptr);
  EXPECT_EQ(model.find("bert.embeddings.position_ids"), nullptr);
}

TEST(BertFolder, TakesPartsOfAnIndex) {
  BertCopy copy;
  std::filesystem::remove(copy.folder / "model.safetensors");
  SafeTensorsWriter first, second;
  Json map = Json::object();
  for (const auto& [name, tensor] : copy.tensors) {
    const bool front = name < "bert.encoder.layer.1";
    (front ? first : second).add(name, tensor.dtype, tensor.shape, tensor.bytes);
    map[name] = front ? "model-00001-of-00002.safetensors" : "model-00002-of-00002.safetensors";
  }
  ASSERT_TRUE(first.save(copy.folder / "model-00001-of-00002.safetensors").ok());
  ASSERT_TRUE(second.save(copy.folder / "model-00002-of-00002.safetensors").ok());
  const auto with_index = [&](const Json& weight_map) {
    copy.folder.write("model.safetensors.index.json", Json{{"metadata", {{"total_size", 1}}}, {"weight_map", weight_map}}.dump());
    return copy.fault_as_is();
  };
  EXPECT_EQ(with_index(map), "");
  expect_as_torch_says(copy.open().value(), 1e-12);

  Json elsewhere = map;
  elsewhere["classifier.bias"] = "../model.safetensors";
  EXPECT_EQ(with_index(elsewhere),
            "model/model.safetensors.index.json: tensor \"classifier.bias\": expected the name of a file in the same folder, got \"../model.safetensors\"");
  Json wrong = map;
  wrong["classifier.bias"] = "model-00001-of-00002.safetensors";
  EXPECT_EQ(with_index(wrong), "model/model-00001-of-00002.safetensors: has no tensor \"classifier.bias\", which model.safetensors.index.json places there");
  Json fewer = map;
  fewer.erase("bert.embeddings.LayerNorm.bias");
  EXPECT_EQ(with_index(fewer), "model/model-00001-of-00002.safetensors: holds 21 tensors, model.safetensors.index.json lists 20 of them");
  std::filesystem::remove(copy.folder / "model-00002-of-00002.safetensors");
  EXPECT_THAT(with_index(map), ::testing::EndsWith("model-00002-of-00002.safetensors: No such file or directory"));
}

TEST(BertFolder, ConvertsOtherWidthsExactly) {
  // 1, -2, the largest f16, the smallest normal and subnormal f16, a subnormal between, -0, 0.333
  const std::vector<uint16_t> half{0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x83ff, 0x8000, 0x3555};
  const std::vector<float> as_f32{1, -2, 65504, 0x1p-14F, 0x1p-24F, -1023 * 0x1p-24F, -0.0F, 1365 * 0x1p-12F};
  const std::vector<uint16_t> brain{0x3f80, 0xc000, 0x7f7f, 0x0080, 0x0001, 0x8001, 0x8000, 0x3eab};
  const std::vector<double> wide{1, -2, 0.1, 0, -0.0, 1e-300, 65504, 3};
  const auto bytes = [](const auto& all) { return std::string(reinterpret_cast<const char*>(all.data()), all.size() * sizeof(all[0])); };
  BertCopy copy;
  copy.tensors["bert.embeddings.LayerNorm.weight"] = {Dtype::f16, {8}, bytes(half)};
  copy.tensors["bert.embeddings.LayerNorm.bias"] = {Dtype::bf16, {8}, bytes(brain)};
  copy.tensors["bert.encoder.layer.0.output.LayerNorm.bias"] = {Dtype::f64, {8}, bytes(wide)};
  ASSERT_EQ(copy.fault(), "");
  const auto model = copy.open().value();
  const auto read = values(*model.find("bert.embeddings.LayerNorm.weight"));
  EXPECT_EQ(std::memcmp(read.data(), as_f32.data(), 32), 0);
  const auto brains = values(*model.find("bert.embeddings.LayerNorm.bias"));
  for (size_t i = 0; i < 8; ++i) EXPECT_EQ(std::bit_cast<uint32_t>(brains[i]), static_cast<uint32_t>(brain[i]) << 16);
  EXPECT_EQ(values(*model.find("bert.encoder.layer.0.output.LayerNorm.bias"))[2], 0.1F);
}

TEST(BertFolder, NamesLabelsAsTransformersDoesWhereThereAreNone) {
  BertCopy copy;
  copy.config.erase("id2label");
  copy.config.erase("label2id");
  ASSERT_EQ(copy.fault(), "");
  EXPECT_THAT(copy.open()->config().labels, ::testing::ElementsAre("LABEL_0", "LABEL_1", "LABEL_2"));
}

TEST(BertFolder, TakesAVocabularyPaddedByTheTrainer) {
  BertCopy copy;
  copy.config["vocab_size"] = 24;
  auto& words = copy.tensors["bert.embeddings.word_embeddings.weight"];
  words.shape[0] = 24;
  words.bytes.resize(24 * 8 * 4);
  EXPECT_EQ(copy.fault(), "");
}

TEST(WriteBertFolder, GivesBackWhatWasRead) {
  const auto model = BertFolder::open(tiny_bert(), "model").value();
  const testing::TemporaryFolder out;
  ASSERT_TRUE(write_bert_folder(out / "saved", model.config(), model.tensors(), tiny_bert()).ok());
  const auto again = BertFolder::open(out / "saved", "saved");
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->config(), model.config());
  expect_as_torch_says(*again, 1e-12);
  EXPECT_EQ(SafeTensors::open(out / "saved/model.safetensors", "w")->metadata().at("format"), "pt");
  EXPECT_EQ(read_file(out / "saved/vocab.txt").value(), read_file(tiny_bert() / "vocab.txt").value());
  EXPECT_EQ(parse_json(read_file(out / "saved/config.json").value(), "c").value()["architectures"], Json::array({"BertForSequenceClassification"}));
}

TEST(WriteBertFolder, RefusesAModelThatIsNotWhole) {
  const auto model = BertFolder::open(tiny_bert(), "model").value();
  Tensors tensors = model.tensors();
  tensors.erase("bert.encoder.layer.1.intermediate.dense.bias");
  const testing::TemporaryFolder out;
  EXPECT_EQ(write_bert_folder(out / "saved", model.config(), tensors, tiny_bert()).error().message,
            "the model to be written: has no tensor \"bert.encoder.layer.1.intermediate.dense.bias\"; config.json asks for it with shape [12]");
  EXPECT_FALSE(std::filesystem::exists(out / "saved"));
}

// Needs the virtual environment of `make oracle`.
TEST(WriteBertFolder, LoadsInTransformersWithTheSameLogits) {
  const char* home = std::getenv("HOME");
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const std::string python =
      (cache != nullptr ? std::string(cache) : std::string(home != nullptr ? home : "") + "/.cache") + "/mlopsctl/oracle-venv-hf/bin/python";
  if (!std::filesystem::exists(python)) GTEST_SKIP() << "no " << python << "; `make oracle` makes it";
  const auto model = BertFolder::open(tiny_bert(), "model").value();
  const testing::TemporaryFolder out;
  ASSERT_TRUE(write_bert_folder(out / "saved", model.config(), model.tensors(), tiny_bert()).ok());
  const std::string command = "'" + python + "' -B '" + (testing::source_root() / "tests/oracle/bert_folder.py").string() + "' --check '" +
                              (out / "saved").string() + "' 2>'" + (out / "log").string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << read_file(out / "log").value();
}

}  // namespace
}  // namespace mlopsctl::weights
