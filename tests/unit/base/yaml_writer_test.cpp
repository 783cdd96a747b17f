#include <gtest/gtest.h>

#include "pipeline/base/document.hpp"

namespace mlopsctl {
namespace {

TEST(YamlWriter, BlockStyle) {
  EXPECT_EQ(to_yaml({{"a", {{"b", 1}, {"c", Json::array()}}}, {"d", {1, "x", {{"e", true}, {"f", {"g"}}}}}, {"h", Json::object()}, {"i", nullptr}}),
            "a:\n  b: 1\n  c: []\nd:\n  - 1\n  - x\n  - e: true\n    f:\n      - g\nh: {}\ni: null\n");
}

TEST(YamlWriter, QuotesWhatOtherReadersWouldMisread) {
  EXPECT_EQ(to_yaml({"yes", "No", "1", "1.5", "0x1", "2026-01-31", "12:30", "~", "", "a: b", "a #b", "- a", "*a", "a:", " a", "plain text", "a:b", "say \"x\"",
                     "\t"}),
            "- \"yes\"\n- \"No\"\n- \"1\"\n- \"1.5\"\n- \"0x1\"\n- \"2026-01-31\"\n- \"12:30\"\n- \"~\"\n- \"\"\n- \"a: b\"\n- \"a #b\"\n- \"- a\"\n- "
            "\"*a\"\n- \"a:\"\n- \" a\"\n- plain text\n- "
            "a:b\n- say \"x\"\n- \"\\t\"\n");
}

TEST(YamlWriter, TextOfSeveralLinesKeepsItsEnd) {
  EXPECT_EQ(to_yaml({{"a", "x\ny"}}), "a: |-\n  x\n  y\n");
  EXPECT_EQ(to_yaml({{"a", "x\n\n  y\n"}}), "a: |\n  x\n\n    y\n");
  EXPECT_EQ(to_yaml({{"a", "x\n\n"}}), "a: |+\n  x\n\n");
  EXPECT_EQ(to_yaml({{"a", "\nx"}}), "a: \"\\nx\"\n");
}

// Whatever is written reads back as the same value.
TEST(YamlWriter, RoundTrip) {
  const std::vector<std::string> hard = {"",
                                         " ",
                                         "a\nb",
                                         "a\n\nb\n\n",
                                         "\n",
                                         "x\n  y\n z",
                                         "é\xE2\x80\xA8z",
                                         "\xC2\x85",
                                         "\xEF\xBB\xBF",
                                         "tab\there",
                                         "a\\b",
                                         "'",
                                         "\"",
                                         "null",
                                         "true",
                                         "1e3",
                                         ".5",
                                         "<<",
                                         "=",
                                         "!x",
                                         "&x",
                                         "? x",
                                         "%x",
                                         "@x",
                                         "`x",
                                         "[x",
                                         "{x",
                                         "x]",
                                         "x}",
                                         "#x",
                                         "x#",
                                         "x: ",
                                         "::",
                                         "-",
                                         "---",
                                         "...",
                                         "\x01\x7F",
                                         "a\r\nb",
                                         std::string(2000, 'k'),
                                         std::string(300, '\x7F'),
                                         "😀"};
  for (const auto& text : hard) {
    for (const Json& value : {Json(text), Json({{"k", text}}), Json({text, text}), Json({{text, {{"n", {text}}}}}), Json({{"k", {{text}, {{"z", text}}}}})}) {
      const std::string yaml = to_yaml(value);
      const auto read = parse_yaml(yaml, "written");
      ASSERT_TRUE(read.ok()) << yaml << read.error().message;
      EXPECT_EQ(to_json(*read), value) << yaml;
    }
  }
}

}  // namespace
}  // namespace mlopsctl
