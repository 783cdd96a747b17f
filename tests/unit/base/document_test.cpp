#include <gtest/gtest.h>

#include "pipeline/base/document.hpp"

namespace mlopsctl {
namespace {

Node parsed(const std::string& text) {
  auto read = parse_yaml(text, "a.yaml");
  EXPECT_TRUE(read.ok()) << read.error().message;
  return std::move(read).value();
}

TEST(Merge, MappingsMergeKeyByKeyAndNullRemoves) {
  Node base = parsed("a: {b: 1, c: [1, 2]}\nd: 1\ne: 1\n");
  merge(base, parsed("a: {c: [3], f: 2}\nd: null\ng: 1\n"));
  EXPECT_EQ(to_json(base).dump(), R"({"a":{"b":1,"c":[3],"f":2},"e":1,"g":1})");
}

std::string set(const std::string& text, const std::string& assignment) {
  Node node = parsed(text);
  const auto done = set_value(node, assignment);
  return done ? to_json(node).dump() : done.error().message;
}

TEST(SetValue, PathsMakeMappingsAndReachIntoLists) {
  EXPECT_EQ(set("a: {b: 1}", "a.b=2"), R"({"a":{"b":2}})");
  EXPECT_EQ(set("a: {b: 1}", "a.c.d={x: [1]}"), R"({"a":{"b":1,"c":{"d":{"x":[1]}}}})");
  EXPECT_EQ(set("a: [1, 2]", "a.1=9"), R"({"a":[1,9]})");
}

TEST(SetValue, Faults) {
  EXPECT_EQ(set("a: 1", "a"), "--set a: expected key=value");
  EXPECT_EQ(set("a: 1", "=1"), "--set =1: expected key=value");
  EXPECT_EQ(set("a: 1", "a..b=1"), "--set a..b=1: found nothing between or after the dots");
  EXPECT_EQ(set("a: 1", "a.=1"), "--set a.=1: found nothing between or after the dots");
  EXPECT_EQ(set("a: [1]", "a.3=1"), "--set a.3=1: \"3\" is not an index of a list with 1 item");
  EXPECT_EQ(set("a: 1", "a=[1"), "not valid YAML: expected ',' or ']': a list in brackets is not complete");
}

TEST(SetValue, WhatIsSetStandsInTheAssignment) {
  Node node = parsed("a: 1");
  ASSERT_TRUE(set_value(node, "b.c=[x, y]").ok());
  const SourceSpan span = node.find("b")->find("c")->items[1].span();
  EXPECT_EQ(span.file, "--set");
  EXPECT_EQ(span.column, 9);
  EXPECT_EQ(span.excerpt, "b.c=[x, y]");
}

TEST(Describe, SaysWhatWasFound) {
  const Node node = parsed("[a, 1, 1.5, true, [], {}, null, '1']");
  std::vector<std::string> said;
  for (const auto& item : node.items) said.push_back(item.describe());
  EXPECT_EQ(said, (std::vector<std::string>{"\"a\"", "the number 1", "the number 1.5", "the boolean true", "a list", "a mapping", "nothing", "\"1\""}));
}

}  // namespace
}  // namespace mlopsctl
