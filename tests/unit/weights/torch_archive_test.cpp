#include "stages/weights/torch_archive.hpp"

#include <cstring>

#include <gmock/gmock.h>

#include "tests/support/zip_writer.hpp"
#include "tests/unit/weights/tiny_bert.hpp"

namespace mlopsctl::weights {
namespace {

// Pickle opcodes, enough to say what torch.save says.
std::string text(const std::string& value) { return "X" + little(value.size(), 4) + value; }
std::string integer(int64_t value) { return "\x8a\x08" + little(static_cast<uint64_t>(value), 8); }
std::string tuple(const std::string& items) { return "(" + items + "t"; }
std::string tuple(const std::vector<int64_t>& numbers) {
  std::string items;
  for (const int64_t number : numbers) items += integer(number);
  return tuple(items);
}
std::string global(const std::string& module, const std::string& name) { return "c" + module + "\n" + name + "\n"; }
std::string storage(const std::string& type, const std::string& key, int64_t elements) {
  return tuple(text("storage") + global("torch", type) + text(key) + text("cpu") + integer(elements)) + "Q";
}
std::string tensor(const std::string& in, int64_t offset, const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
  return global("torch._utils", "_rebuild_tensor_v2") + tuple(in + integer(offset) + tuple(shape) + tuple(strides) + "\x89" + "N") + "R";
}
std::string state(const std::string& name, const std::string& value) { return "\x80\x02}(" + text(name) + value + "u."; }

const std::string six_floats = [] {
  const std::vector<float> values{0, 1, 2, 3, 4, 5};
  return std::string(reinterpret_cast<const char*>(values.data()), 24);
}();

std::string archive(const std::string& pickle) { return zip({{"m/data.pkl", pickle}, {"m/byteorder", "little"}, {"m/data/0", six_floats}}); }

std::string fault_of(const std::string& bytes) {
  const auto opened = TorchArchive::read(bytes, "w.bin");
  return opened ? "" : opened.error().message;
}
std::string fault_of_tensor(int64_t offset, const std::vector<int64_t>& shape, const std::vector<int64_t>& strides) {
  return fault_of(archive(state("a", tensor(storage("FloatStorage", "0", 6), offset, shape, strides))));
}
std::vector<float> floats(const std::string& bytes) {
  const auto opened = TorchArchive::read(bytes, "w.bin");
  EXPECT_TRUE(opened.ok()) << opened.error().message;
  const std::string_view found = opened->tensors().at("a").bytes;
  std::vector<float> values(found.size() / 4);
  if (!values.empty()) std::memcpy(values.data(), found.data(), found.size());
  return values;
}

// A folder of the tiny BERT whose weights are this file; what opening it says.
std::string fault_of_folder(const std::string& file) {
  BertCopy copy;
  std::filesystem::remove(copy.folder / "model.safetensors");
  std::filesystem::copy(tiny_bert() / file, copy.folder / "pytorch_model.bin");
  return copy.fault_as_is();
}

TEST(TorchArchive, HoldsWhatTheSafetensorsHold) {
  const auto expected = SafeTensors::open(tiny_bert() / "model.safetensors", "s").value();
  const auto found = TorchArchive::open(tiny_bert() / "pytorch_model.bin", "b");
  ASSERT_TRUE(found.ok()) << found.error().message;
  ASSERT_EQ(found->tensors().size(), expected.tensors().size());
  for (const auto& [name, tensor] : expected.tensors()) {
    ASSERT_TRUE(found->tensors().contains(name)) << name;
    EXPECT_EQ(found->tensors().at(name).shape, tensor.shape);
    EXPECT_EQ(found->tensors().at(name).dtype, Dtype::f32);
    EXPECT_EQ(found->tensors().at(name).bytes, tensor.bytes) << name;
  }
}

// bfloat16, one storage for all, one matrix transposed, the names of 2019; and parameters in half precision.
TEST(TorchArchive, OpensAsAModelInEveryDress) {
  const auto expected = BertFolder::open(tiny_bert(), "model").value();
  for (const auto& [file, tolerance] : {std::pair{"old_names.bin", 0x1p-8}, std::pair{"half.bin", 0x1p-10}}) {
    BertCopy copy;
    std::filesystem::remove(copy.folder / "model.safetensors");
    std::filesystem::copy(tiny_bert() / file, copy.folder / "pytorch_model.bin");
    const auto model = copy.open();
    ASSERT_TRUE(model.ok()) << model.error().message;
    ASSERT_EQ(model->tensors().size(), expected.tensors().size());
    for (const auto& [name, tensor] : expected.tensors()) {
      const std::string_view found = model->find(name)->bytes;
      ASSERT_EQ(found.size(), tensor.bytes.size());
      for (size_t at = 0; at < found.size(); at += 4) {
        float a = 0, b = 0;
        std::memcpy(&a, found.data() + at, 4), std::memcpy(&b, tensor.bytes.data() + at, 4);
        ASSERT_NEAR(a, b, tolerance * std::max(1.0F, std::abs(b))) << file << " " << name;
      }
    }
  }
}

TEST(TorchArchive, RefusesTorchsOlderFormat) {
  EXPECT_EQ(fault_of_folder("legacy.bin"), "model/pytorch_model.bin: is in the format of torch before 1.6, which is not read");
}

TEST(TorchArchive, ExecutesNothing) {
  const testing::TemporaryFolder here;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(here.path());
  EXPECT_THAT(fault_of_folder("payload.bin"),
              ::testing::MatchesRegex("model/pytorch_model.bin: pickle at byte [0-9]+: refers to posix.system, which a file of weights has no use for; "
                                      "nothing in it was executed"));
  const std::string call = "cos\nsystem\n(" + text("touch payload-ran") + "tR.";
  EXPECT_EQ(fault_of(call), "w.bin: pickle at byte 0: refers to os.system, which a file of weights has no use for; nothing in it was executed");
  std::filesystem::current_path(before);
  EXPECT_TRUE(std::filesystem::is_empty(here.path()));
}

TEST(TorchArchive, RefusesEveryOtherWayToCall) {
  const auto refers = [](const std::string& pickle) { return fault_of(archive("\x80\x04" + pickle + ".")); };
  const std::string tail = ", which a file of weights has no use for; nothing in it was executed";
  EXPECT_EQ(refers("\x8c\x08"
                   "builtins"
                   "\x8c\x04"
                   "eval"
                   "\x93)R"),
            "w.bin: pickle at byte 18: refers to builtins.eval" + tail);
  EXPECT_EQ(refers("(ios\nsystem\n"), "w.bin: pickle at byte 3: refers to os.system" + tail);
  EXPECT_EQ(refers(global("torch", "load")), "w.bin: pickle at byte 2: refers to torch.load" + tail);
  EXPECT_EQ(refers(global("torch._utils", "_rebuild_tensor_v2.__globals__")),
            "w.bin: pickle at byte 2: refers to torch._utils._rebuild_tensor_v2.__globals__" + tail);
  EXPECT_EQ(refers(global("collections", "OrderedDict") + ")\x81"), "w.bin: pickle at byte 28: the opcode NEWOBJ is not allowed in a file of weights");
  EXPECT_EQ(refers("(" + global("collections", "OrderedDict") + "o"), "w.bin: pickle at byte 28: the opcode OBJ is not allowed in a file of weights");
  EXPECT_EQ(refers("\x82\x01"), "w.bin: pickle at byte 2: the opcode EXT1 is not allowed in a file of weights");
  EXPECT_EQ(refers(text("os.system") + ")R"), "w.bin: pickle at byte 17: what it calls is no name with arguments");
}

TEST(TorchArchive, RefusesPicklesThatDoNotParse) {
  const auto fault = [](const std::string& pickle) { return fault_of(archive(pickle)); };
  EXPECT_EQ(fault(""), "w.bin: pickle at byte 0: it ends early");
  EXPECT_EQ(fault("."), "w.bin: pickle at byte 0: it ends with 0 values, expected one");
  EXPECT_EQ(fault("X\xff\xff\xff\xff"
                  "a."),
            "w.bin: pickle at byte 0: it ends early");
  EXPECT_EQ(fault("}}s."), "w.bin: pickle at byte 2: a value is missing");
  EXPECT_EQ(fault("}u."), "w.bin: pickle at byte 1: a mark is missing");
  EXPECT_EQ(fault("}(Nu."), "w.bin: pickle at byte 3: items are added to a value that takes none");
  EXPECT_EQ(fault("h\1."), "w.bin: pickle at byte 0: it refers to a value that it has not");
  EXPECT_EQ(fault("}.N"), "w.bin: pickle at byte 1: bytes follow its end");
  EXPECT_EQ(fault("\x8a\x09" + std::string(9, '\1') + "."), "w.bin: pickle at byte 0: a whole number has more than 64 bits");
  EXPECT_EQ(fault("(" + std::string(1'000'001, 'N') + "t."), "w.bin: pickle at byte 1000001: it has more than 1000000 values");
  EXPECT_EQ(fault("]q\1h\1a."), "w.bin: is no state_dict: expected names with tensors");  // a list of itself
}

TEST(TorchArchive, MakesTensorsRowByRow) {
  EXPECT_THAT(floats(archive(state("a", tensor(storage("FloatStorage", "0", 6), 0, {2, 3}, {3, 1})))), ::testing::ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(floats(archive(state("a", tensor(storage("FloatStorage", "0", 6), 0, {3, 2}, {1, 3})))), ::testing::ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(floats(archive(state("a", tensor(storage("FloatStorage", "0", 6), 1, {2}, {3})))), ::testing::ElementsAre(1, 4));
  EXPECT_THAT(floats(archive(state("a", tensor(storage("FloatStorage", "0", 6), 5, {1, 1}, {9, 7})))), ::testing::ElementsAre(5));
  EXPECT_THAT(floats(archive(state("a", tensor(storage("FloatStorage", "0", 6), 0, {0, 3}, {3, 1})))), ::testing::IsEmpty());
}

TEST(TorchArchive, RefusesTensorsBeyondTheirStorage) {
  EXPECT_EQ(fault_of_tensor(1, {2, 3}, {3, 1}),
            "w.bin: entry \"a\": shape [2, 3] with strides [3, 1] from element 1 reaches past the 6 elements of its storage");
  EXPECT_EQ(fault_of_tensor(-1, {1}, {1}), "w.bin: entry \"a\": shape [1] with strides [1] from element -1 reaches past the 6 elements of its storage");
  EXPECT_EQ(fault_of_tensor(0, {int64_t{1} << 62, 8}, {8, 1}),
            "w.bin: entry \"a\": shape [4611686018427387904, 8] with strides [8, 1] from element 0 reaches past the 6 elements of its storage");
  EXPECT_EQ(fault_of_tensor(0, {1000}, {0}), "w.bin: entry \"a\": shape [1000] with strides [0] repeats elements of its storage");
  EXPECT_EQ(fault_of_tensor(0, {-2}, {1}), "w.bin: entry \"a\": shape [any] with strides [1]: the -2 is below 0");
  EXPECT_EQ(fault_of_tensor(0, {2}, {}), "w.bin: entry \"a\": shape [2] with strides [] do not fit together");
  const auto of = [](const std::string& in) { return fault_of(archive(state("a", tensor(in, 0, {2}, {1})))); };
  EXPECT_EQ(of(storage("FloatStorage", "0", 7)), "w.bin: entry \"a\": its storage of 7 F32 is the entry \"m/data/0\" of 24 bytes");
  EXPECT_EQ(of(storage("FloatStorage", "0", int64_t{1} << 62)),
            "w.bin: entry \"a\": its storage of 4611686018427387904 F32 is the entry \"m/data/0\" of 24 bytes");
  EXPECT_EQ(of(storage("FloatStorage", "1", 6)), "w.bin: entry \"a\": the archive has no entry \"m/data/1\"");
  EXPECT_EQ(of("N"), "w.bin: entry \"a\": its storage is no reference to the archive");
}

TEST(TorchArchive, RefusesWhatIsNoStateDict) {
  EXPECT_EQ(fault_of(archive(state("epoch", integer(3)))), "w.bin: entry \"epoch\": is no tensor; expected a state_dict of names with tensors, nothing else");
  EXPECT_EQ(fault_of(archive("\x80\x02}(N" + integer(1) + "u.")), "w.bin: is no state_dict: a key is no text");
  EXPECT_EQ(fault_of(zip({{"m/data/0", six_floats}})), "w.bin: has no entry data.pkl; expected a state_dict that torch.save wrote");
  EXPECT_EQ(fault_of(zip({{"m/data.pkl", "}."}, {"m/byteorder", "big"}})), "w.bin: its numbers are big-endian; expected little-endian");
}

TEST(StoredZip, RefusesWhatTorchDoesNotWrite) {
  const std::string head = "w.bin: not a zip archive as torch writes it: ";
  EXPECT_EQ(fault_of(""), head + "it begins with other bytes");
  EXPECT_EQ(fault_of("PK\3\4 and no more"), head + "it has no end record: it was cut short, or is no zip archive");
  EXPECT_EQ(fault_of(zip({{"m/data.pkl", "}.", 8}})), head + "entry \"m/data.pkl\": it is compressed; torch stores tensors as they are");
  EXPECT_EQ(fault_of(zip({{"m/data.pkl", "}.", 0, 1}})), head + "entry \"m/data.pkl\": it is encrypted");
  EXPECT_EQ(fault_of(zip({{"m/data.pkl", "}.", 0, 0, 4000}})), head + "entry \"m/data.pkl\": it reaches past the end of the file");
  EXPECT_EQ(fault_of(zip({{"m/data.pkl", "}."}, {"m/data.pkl", "}."}})), head + "entry \"m/data.pkl\": it is there twice");
  EXPECT_EQ(fault_of(zip({{"m/data.pkl", "}.", 0, 0, -1, false, "m/data.pck"}})), head + "entry \"m/data.pkl\": it has another name than in the list");
  const std::string pickle = state("a", tensor(storage("FloatStorage", "0", 6), 0, {6}, {1}));
  EXPECT_EQ(fault_of(zip({{"m/data.pkl", pickle}, {"m/data/0", six_floats, 0, 0, -1, true}})),
            "w.bin: entry \"a\": the entry \"m/data/0\" is damaged: its checksum does not fit");
  std::string cut = read_file(tiny_bert() / "pytorch_model.bin").value();
  EXPECT_EQ(fault_of(cut.substr(0, cut.size() - 1)), head + "it has no end record: it was cut short, or is no zip archive");
}

TEST(StoredZip, SumsAsZipDoes) {
  EXPECT_EQ(crc32(""), 0U);
  EXPECT_EQ(crc32("123456789"), 0xcbf43926U);
  EXPECT_EQ(crc32("The quick brown fox jumps over the lazy dog"), 0x414fa339U);
}

}  // namespace
}  // namespace mlopsctl::weights
