#include "pipeline/k8s/template.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/document.hpp"

namespace mlopsctl::k8s {
namespace {

// "file:line:col: message | hint" of every fault.
std::vector<std::string> faults_of(std::string_view text, const Values& values) {
  const auto filled = fill_template(text, "t.yaml", values);
  std::vector<std::string> all;
  if (filled.ok()) return all;
  const auto add = [&](const Error& error) {
    std::string line = error.span ? error.span->file + ":" + std::to_string(error.span->line) + ":" + std::to_string(error.span->column) + ": " : "";
    line += error.message;
    if (!error.hint.empty()) line += " | " + error.hint;
    all.push_back(line);
  };
  add(filled.error());
  for (const auto& error : filled.error().also) add(error);
  return all;
}

using Messages = std::vector<std::string>;

TEST(Fill, APlaceholderAloneTakesTheTypeOfItsValue) {
  const Values values = {{"n", 3}, {"b", true}, {"s", "yes"}, {"l", Json::array({1, "2"})}, {"m", Json{{"k", "v"}}}};
  const auto filled = fill_template("n: ${n}\nb: ${b}\ns: ${s}\nl: ${l}\nm: ${m}\n", "t.yaml", values);
  ASSERT_TRUE(filled.ok()) << filled.error().message;
  EXPECT_EQ(*filled, (Json{{"n", 3}, {"b", true}, {"s", "yes"}, {"l", Json::array({1, "2"})}, {"m", Json{{"k", "v"}}}}));
}

TEST(Fill, InsideTextOrQuotesItIsText) {
  const auto filled = fill_template("a: \"${n}\"\nb: v${n}-${s}!\nc: [x, \"${b}\"]\n", "t.yaml", {{"n", 3}, {"s", "x y"}, {"b", false}});
  ASSERT_TRUE(filled.ok()) << filled.error().message;
  EXPECT_EQ(*filled, (Json{{"a", "3"}, {"b", "v3-x y!"}, {"c", Json::array({"x", "false"})}}));
}

TEST(Fill, AValueIsNeverReadAsYamlOrAsATemplate) {
  const auto filled = fill_template("a: ${s}\nb: x ${s}\n", "t.yaml", {{"s", "1\nc: ${t} # {"}});
  ASSERT_TRUE(filled.ok()) << filled.error().message;
  EXPECT_EQ(*filled, (Json{{"a", "1\nc: ${t} # {"}, {"b", "x 1\nc: ${t} # {"}}));
}

TEST(Fill, NothingLeavesTheKeyOut) {
  const auto filled = fill_template("a: ${x}\nb: [1, ${x}, 2]\nc: {d: ${x}}\n", "t.yaml", {{"x", nullptr}});
  EXPECT_FALSE(filled.ok());  // in flow style, braces would be YAML's own
  const auto block = fill_template("a: ${x}\nb:\n  - 1\n  - ${x}\nc:\n  d: ${x}\n", "t.yaml", {{"x", nullptr}});
  ASSERT_TRUE(block.ok()) << block.error().message;
  EXPECT_EQ(*block, (Json{{"b", Json::array({1})}, {"c", Json::object()}}));
}

TEST(Fill, EveryFaultIsNamedWithItsPlace) {
  EXPECT_EQ(faults_of("spec:\n  replicas: ${replica}\n  name: x-${nme}\n  bad: \"${Bad Name}\"\n  open: ${name\n", {{"replicas", 3}, {"name", "n"}}),
            (Messages{"t.yaml:2:13: no value for ${replica} | did you mean ${replicas}?", "t.yaml:3:11: no value for ${nme} | did you mean ${name}?",
                      "t.yaml:4:9: found ${Bad Name}; expected a placeholder such as ${name} | use small letters, digits and _",
                      "t.yaml:5:9: this placeholder is not closed | write ${name}",
                      "t.yaml:1:1: the value \"name\" is used nowhere in this template | write ${name} where it belongs, or do not pass it",
                      "t.yaml:1:1: the value \"replicas\" is used nowhere in this template | write ${replicas} where it belongs, or do not pass it"}));
}

TEST(Fill, ListsAndMappingsDoNotFitInText) {
  EXPECT_EQ(
      faults_of("a: x${l}\nb: \"${m}\"\nc: x${z}\n", {{"l", Json::array({1})}, {"m", Json::object()}, {"z", nullptr}}),
      (Messages{"t.yaml:1:5: found a list for ${l} inside text; expected text, a number or a boolean | let the placeholder stand alone and without quotes",
                "t.yaml:2:5: found a mapping for ${m} inside text; expected text, a number or a boolean | let the placeholder stand alone and without quotes",
                "t.yaml:3:5: found nothing for ${z} inside text; expected text, a number or a boolean | let the placeholder stand alone and without quotes"}));
}

TEST(Fill, APlaceholderIsNoKey) {
  EXPECT_EQ(faults_of("${k}: 1\n", {}), (Messages{"t.yaml:1:1: found a placeholder in a key; expected it in a value | put ${...} after the colon"}));
}

TEST(Fill, WhatIsNoMappingIsRefused) {
  EXPECT_EQ(faults_of("- 1\n", {}), (Messages{"t.yaml:1:1: found a list; expected a mapping, the object to render"}));
  EXPECT_EQ(faults_of("a: 1\n---\nb: 2\n", {}), (Messages{"t.yaml:3:1: a second document starts here; expected one"}));
  EXPECT_EQ(faults_of("a: 1\na: 2\n", {}), (Messages{"t.yaml:2:1: key \"a\" appears twice in the same mapping"}));
}

// Found by template_fuzz: yaml-cpp makes empty documents of these for ever.
TEST(Fill, AStrayFlowSignIsRefusedAndNotReadForEver) {
  for (const char* text : {",!- - )", ", a", "]", "}", "a: 1\n---\n] b"}) EXPECT_EQ(faults_of(text, {}).size(), 1u) << text;
  EXPECT_EQ(faults_of(",!- - )", {}), (Messages{"t.yaml:1:1: not valid YAML: this cannot start a value | put the text in quotes"}));
}

TEST(BuiltinTemplates, AreValidYamlSortedByName) {
  std::string last;
  for (const auto& file : builtin_templates()) {
    const auto parsed = parse_yaml(std::string(file.text), std::string(file.path));
    EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : parsed.error().message);
    EXPECT_LT(last, file.name);
    last = file.name;
  }
  EXPECT_EQ(builtin_templates().size(), 12u);
}

}  // namespace
}  // namespace mlopsctl::k8s
