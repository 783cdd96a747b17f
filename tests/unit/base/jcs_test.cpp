#include "pipeline/base/jcs.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

namespace mlopsctl {
namespace {

std::string text_of(const Json& value) {
  const auto text = jcs(value);
  return text ? *text : "error: " + text.error().message;
}

// RFC 8785, appendix B.
TEST(Jcs, NumbersAsInTheStandard) {
  const std::pair<uint64_t, const char*> samples[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
  };
  for (const auto& [bits, expected] : samples) EXPECT_EQ(text_of(std::bit_cast<double>(bits)), expected);
  EXPECT_EQ(text_of(1.0), "1");
  EXPECT_EQ(text_of(-7), "-7");
}

// Sections 3.2.2 and 3.2.3.
TEST(Jcs, TheExamplesOfTheStandard) {
  const Json mixed = Json::parse(R"({
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]})");
  EXPECT_EQ(text_of(mixed),
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
  const Json keys = Json::parse(
      R"({"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One", "\ud83d\ude00": "Emoji: Grinning Face",
          "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"})");
  EXPECT_EQ(text_of(keys),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\","
            "\"\U0001F600\":\"Emoji: Grinning Face\",\"\uFB33\":\"Hebrew Letter Dalet With Dagesh\"}");
}

TEST(Jcs, RefusesWhatHasNoSuchText) {
  EXPECT_EQ(text_of(std::numeric_limits<double>::quiet_NaN()), "error: a number that is infinite or none has no canonical JSON (RFC 8785)");
  EXPECT_EQ(text_of({{"a", -std::numeric_limits<double>::infinity()}}), "error: a number that is infinite or none has no canonical JSON (RFC 8785)");
  EXPECT_EQ(text_of(uint64_t{9007199254740993}), "error: the integer 9007199254740993 has no canonical JSON (RFC 8785)");
  EXPECT_EQ(text_of("\xff"), "error: text that is not UTF-8 has no canonical JSON (RFC 8785)");
}

}  // namespace
}  // namespace mlopsctl
