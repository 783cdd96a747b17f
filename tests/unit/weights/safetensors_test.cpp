#include "stages/weights/safetensors.hpp"

#include <unistd.h>

#include <gmock/gmock.h>

#include "pipeline/base/files.hpp"

namespace mlopsctl::weights {
namespace {

using ::testing::ElementsAre;

class SafeTensorsTest : public ::testing::Test {
 protected:
  SafeTensorsTest() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() / ("mlopsctl_" + std::to_string(getpid()) + "_" + info->name() + ".safetensors");
  }
  ~SafeTensorsTest() override { std::filesystem::remove(path_); }

  // The file made of this header and data, and what opening it says.
  std::string fault(std::string_view header, std::string_view data = "") {
    const uint64_t length = header.size();
    std::string bytes(reinterpret_cast<const char*>(&length), 8);
    return fault_of(bytes.append(header).append(data));
  }
  std::string fault_of(std::string_view bytes) {
    EXPECT_TRUE(write_file(path_, bytes).ok());
    auto opened = SafeTensors::open(path_, "w");
    return opened ? "" : opened.error().message;
  }

  std::filesystem::path path_;
};

TEST_F(SafeTensorsTest, KeepsWhatWasWritten) {
  const std::vector<float> weight{1.5F, -2, 3, 4, 5, 6};
  const std::vector<double> bias{0.1, 0.2};
  SafeTensorsWriter writer;
  writer.add<float>("weight", {3, 2}, weight);
  writer.add<double>("bias", {2}, bias);
  writer.describe("format", "test");
  ASSERT_TRUE(writer.save(path_).ok());
  auto opened = SafeTensors::open(path_, "w");
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(opened->read<float>("weight", {3, 2}).value(), weight);
  EXPECT_EQ(opened->read<float>("weight", {-1, 2}).value(), weight);
  EXPECT_EQ(opened->read<double>("bias", {2}).value(), bias);
  EXPECT_EQ(opened->metadata().at("format"), "test");
  EXPECT_EQ(opened->read<float>("bias", {2}).error().message, "w: tensor \"bias\" is F64 [2], expected F32 [2]");
  EXPECT_EQ(opened->read<float>("weight", {-1, 3}).error().message, "w: tensor \"weight\" is F32 [3, 2], expected F32 [any, 3]");
  EXPECT_EQ(opened->read<float>("wieght", {2}).error().message, "w: no tensor \"wieght\"; it has: bias, weight");
}

TEST_F(SafeTensorsTest, WritesTheSameBytesInWhateverOrder) {
  const std::vector<float> a{1}, b{2};
  SafeTensorsWriter first, second;
  first.add<float>("a", {1}, a), first.add<float>("b", {1}, b);
  second.add<float>("b", {1}, b), second.add<float>("a", {1}, a);
  ASSERT_TRUE(first.save(path_).ok());
  const std::string bytes = read_file(path_).value();
  ASSERT_TRUE(second.save(path_).ok());
  EXPECT_EQ(read_file(path_).value(), bytes);
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  EXPECT_EQ(length % 8, 0U);
}

TEST_F(SafeTensorsTest, TakesEmptyTensorsAndScalars) {
  EXPECT_EQ(fault(R"({"a":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},"b":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})", "1234"), "");
  EXPECT_EQ(fault("{}"), "");
}

TEST_F(SafeTensorsTest, RefusesBrokenHeads) {
  EXPECT_EQ(fault_of(""), "w: not a safetensors file: it has 0 bytes, fewer than the 8 of the header length");
  EXPECT_EQ(fault_of(std::string("\xff\xff\xff\xff\xff\xff\xff\x7f", 8)), "w: not a safetensors file: the header length 9223372036854775807 is over 100000000");
  EXPECT_EQ(fault_of(std::string("\x09\0\0\0\0\0\0\0{}", 10)), "w: not a safetensors file: the header length 9 reaches past the end of the file");
  EXPECT_EQ(fault("[1]"), "w: not a safetensors file: the header is no object");
  EXPECT_NE(fault("{\"a\":"), "");
  EXPECT_EQ(fault(R"({"__metadata__":{"a":1}})"), "w: not a safetensors file: __metadata__.a is no text");
}

TEST_F(SafeTensorsTest, RefusesTensorsThatDoNotAddUp) {
  const auto tensor = [&](std::string_view dtype, std::string_view shape, std::string_view offsets, std::string_view data) {
    return fault("{\"a\":{\"dtype\":\"" + std::string(dtype) + "\",\"shape\":" + std::string(shape) + ",\"data_offsets\":" + std::string(offsets) + "}}", data);
  };
  const std::string prefix = "w: not a safetensors file: tensor \"a\": ";
  EXPECT_EQ(tensor("F32", "[1]", "[0,4]", "1234"), "");
  EXPECT_EQ(tensor("F99", "[1]", "[0,4]", "1234"), prefix + "unknown dtype \"F99\"");
  EXPECT_EQ(tensor("F32", "[2]", "[0,4]", "1234"), prefix + "F32 [2] needs 8 bytes, data_offsets hold 4");
  EXPECT_EQ(tensor("F32", "[1]", "[0,8]", "1234"), prefix + "data_offsets [0,8] reach past the 4 bytes of data");
  EXPECT_EQ(tensor("F32", "[1]", "[4,0]", "1234"), prefix + "data_offsets [4,0] are no two rising whole numbers");
  EXPECT_EQ(tensor("F32", "[1]", "[-4,0]", "1234"), prefix + "data_offsets [-4,0] are no two rising whole numbers");
  EXPECT_EQ(tensor("F32", "[-1]", "[0,4]", "1234"), prefix + "shape [-1] is no list of whole numbers");
  EXPECT_EQ(tensor("F32", "[4294967296,4294967296]", "[0,4]", "1234"), prefix + "shape [4294967296, 4294967296] is too large");
  EXPECT_EQ(tensor("F32", "[2305843009213693952,2]", "[0,4]", "1234"), prefix + "shape [2305843009213693952, 2] is too large");
  EXPECT_EQ(fault(R"({"a":{"dtype":"F32","shape":[1]}})"), prefix + "needs exactly dtype, shape and data_offsets");
  EXPECT_EQ(fault(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})", "1234"), prefix + "needs exactly dtype, shape and data_offsets");
}

TEST_F(SafeTensorsTest, RefusesHolesAndOverlaps) {
  const auto two = [&](std::string_view first, std::string_view second, std::string_view data) {
    return fault("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":" + std::string(first) +
                     "},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":" + std::string(second) + "}}",
                 data);
  };
  EXPECT_EQ(two("[0,4]", "[4,8]", "12345678"), "");
  EXPECT_EQ(two("[4,8]", "[0,4]", "12345678"), "");
  EXPECT_EQ(two("[0,4]", "[2,6]", "123456"), "w: not a safetensors file: tensor \"b\" overlaps the one before it");
  EXPECT_EQ(two("[0,4]", "[6,10]", "1234567890"), "w: not a safetensors file: bytes 4 to 6 belong to no tensor");
  EXPECT_EQ(two("[0,4]", "[4,8]", "1234567890"), "w: not a safetensors file: bytes 8 to 10 belong to no tensor");
  EXPECT_EQ(
      fault(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "1234").find("not a safetensors"),
      std::string::npos);  // parse_json names the duplicate key
}

}  // namespace
}  // namespace mlopsctl::weights
