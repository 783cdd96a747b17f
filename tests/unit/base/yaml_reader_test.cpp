#include <gtest/gtest.h>

#include "pipeline/base/document.hpp"

namespace mlopsctl {
namespace {

// "line:column: message | hint", or "" where the text is good.
std::string fault_of(const std::string& text) {
  const auto read = parse_yaml(text, "a.yaml");
  if (read) return "";
  const Error& error = read.error();
  std::string said = error.span ? std::to_string(error.span->line) + ":" + std::to_string(error.span->column) + ": " : "";
  said += error.message;
  return error.hint.empty() ? said : said + " | " + error.hint;
}

TEST(YamlReader, DuplicateKeys) { EXPECT_EQ(fault_of("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n"), "5:3: key \"c\" appears twice in the same mapping"); }

TEST(YamlReader, Aliases) {
  const auto good = parse_yaml("a: &x [1, 2]\nb: *x\n", "a.yaml");
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(to_json(*good).dump(), R"({"a":[1,2],"b":[1,2]})");
  EXPECT_EQ(fault_of("a: *x\n"),
            "1:4: not valid YAML: the alias has no anchor: expected & and its name before it | define the anchor first, or put the text in quotes");
  EXPECT_EQ(fault_of("a: &x\n  b: *x\n"), "2:6: the alias *x stands inside its own anchor: the value would be endless");
}

TEST(YamlReader, AnAliasBombIsRefusedEarly) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += below + (k < 9 ? ", " : "]\n");
  }
  EXPECT_EQ(fault_of(bomb), "6:10: the document grows past 200000 values here, aliases included");
}

TEST(YamlReader, WhatIsNotUsedHere) {
  EXPECT_EQ(fault_of("a: !!python/object x\n"), "1:4: tags such as tag:yaml.org,2002:python/object are not used here; expected a plain value");
  EXPECT_EQ(fault_of("a: {<<: {b: 1}}\n"), "1:5: merge keys (<<) are not supported; use an overlay file (-f base.yaml -f over.yaml)");
  EXPECT_EQ(fault_of("? [a]\n: b\n"), "1:3: a key must be text, not a list or a mapping");
  EXPECT_EQ(fault_of("a: 1\n---\nb: 2\n"), "3:1: a second document starts here; expected one");
}

TEST(YamlReader, Bytes) {
  EXPECT_EQ(fault_of(std::string("a: b\n\0", 6)), "2:1: found a NUL byte; expected text | save the file as UTF-8 text");
  EXPECT_EQ(fault_of("a: \xE9t\xE9\n"), "1:4: this byte is not valid UTF-8 | save the file as UTF-8 text");
  for (const std::string bytes : {"\xC0\x80", "\xE0\x80\xA9", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x80", "\xE2\x82"})
    EXPECT_EQ(fault_of("a: " + bytes + "\n"), "1:4: this byte is not valid UTF-8 | save the file as UTF-8 text");
  for (const std::string bytes : {"\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_EQ(fault_of("a: " + bytes + "\n"), "");
  for (const char* escape : {"\\_", "\\N"})
    EXPECT_EQ(fault_of("a: \"x" + std::string(escape) + "\"\n"), "1:4: the escapes \\_ and \\N are not read here | write \\u00A0 or \\u0085");
  EXPECT_EQ(to_json(*parse_yaml(R"(a: "\u00A0\u0085\xff\e")", "a.yaml")).at("a"), "\u00A0\u0085\u00FF\x1B");
  EXPECT_EQ(fault_of("a: b\nc: \x01\n"), "2:4: found a control character; expected text | save the file as UTF-8 text");
  EXPECT_EQ(fault_of("\xEF\xBB\xBF"
                     "a: 1\r\nb: 2\r\n"),
            "");
}

TEST(YamlReader, SyntaxInWordsThatHelp) {
  EXPECT_EQ(fault_of("a:\n\tb: 1\n"), "2:1: not valid YAML: a tab cannot indent | indent with spaces");
  EXPECT_EQ(fault_of("a: [1, 2\nb: 3\n"), "2:2: not valid YAML: expected ',' or ']': a list in brackets is not complete | close the list with ]");
  EXPECT_EQ(fault_of("a: {b: 1\n"), "2:1: not valid YAML: expected ',' or '}': a mapping in braces is not complete | close the mapping with }");
  EXPECT_EQ(fault_of("a: \"b\nc: d\n"), "1:4: not valid YAML: the quote that opens here is never closed | close the quote");
  EXPECT_EQ(fault_of("a: b: c\n"), "1:5: not valid YAML: a ':' that makes no key | put text with ': ' in quotes, and each key on a line of its own");
  EXPECT_EQ(fault_of("a:\n  b: 1\n c: 2\n"), "3:2: not valid YAML: expected a key at the depth of the keys before it | align the keys of a mapping");
  EXPECT_EQ(fault_of("a: @b\n"), "1:4: not valid YAML: a value cannot begin with this character | put the text in quotes");
  EXPECT_EQ(fault_of("a: \"\\q\"\n"), "1:7: not valid YAML: unknown escape in a text in double quotes | write \\\\ for a backslash, or use single quotes");
  EXPECT_EQ(fault_of(std::string(2000, '[')), "1:51: lists and mappings are nested more than 100 deep here");
}

TEST(YamlReader, ColumnsCountBytesAndLengthsAreExact) {
  const auto read = parse_yaml("ä: {é: 'x y', b: 12}\n", "a.yaml");
  ASSERT_TRUE(read.ok());
  const Node& inner = read->entries[0].value;
  EXPECT_EQ(inner.column, 5);
  EXPECT_EQ(inner.entries[0].value.column, 10);
  EXPECT_EQ(inner.entries[0].value.length, 5);
  EXPECT_EQ(inner.entries[1].value.column, 20);
  EXPECT_EQ(inner.entries[1].value.length, 2);
  EXPECT_EQ(inner.entries[1].value.span().excerpt, "ä: {é: 'x y', b: 12}");
}

TEST(YamlReader, ScalarsFollowTheCoreSchema) {
  const auto read = parse_yaml("[yes, true, 1, +2, 1.5e3, '1', ~, null, , 0x10, 1_000, .inf, 2026-01-31]\n", "a.yaml");
  ASSERT_FALSE(read.ok());  // an empty item between commas is no YAML
  const auto good = parse_yaml("[yes, true, 1, +2, 1.5e3, '1', ~, null, 0x10, 1_000, .inf, 2026-01-31]\n", "a.yaml");
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(to_json(*good).dump(), R"(["yes",true,1,2,1500.0,"1",null,null,"0x10","1_000",".inf","2026-01-31"])");
}

TEST(YamlReader, StreamsAndEmptyDocuments) {
  const auto two = parse_yaml_stream("a: 1\n---\nb: 2\n", "a.yaml");
  ASSERT_TRUE(two.ok());
  EXPECT_EQ(two->size(), 2u);
  const auto none = parse_yaml("# nothing\n", "a.yaml");
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->kind, Node::Kind::null);
  EXPECT_EQ(none->line, 1);
}

TEST(YamlReader, LinesMayEndInCarriageReturnAndLineFeed) {
  const auto read = parse_yaml("a: 1\r\nb: 2\r\n", "a.yaml");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->entries[1].value.span().excerpt, "b: 2");
  EXPECT_EQ(fault_of("a: 1\rb: 2\n"), "1:5: found a carriage return without a line feed; expected lines that end in a line feed | save the file as UTF-8 text");
}

}  // namespace
}  // namespace mlopsctl
