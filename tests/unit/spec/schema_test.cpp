#include <gtest/gtest.h>

#include "tests/unit/spec/catalog.hpp"

namespace mlopsctl::spec {
namespace {

using Pointer = Json::json_pointer;

TEST(Schema, TopLevel) {
  const Json schema = json_schema(small_catalog());
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["required"], Json({"apiVersion", "name", "stages"}));
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(
      schema.at(Pointer("/properties/seed")).dump(),
      R"({"anyOf":[{"minimum":0,"type":"integer"},{"$ref":"#/$defs/withVariable"},{"type":"null"}],"default":0,"description":"Seed of everything random."})");
  EXPECT_EQ(schema.at(Pointer("/properties/stages/minProperties")), 1);
  EXPECT_TRUE(schema.contains(Pointer("/$defs/withVariable/pattern")));
}

TEST(Schema, StagesBranchByKind) {
  const Json schema = json_schema(small_catalog());
  const Json& stage = schema.at(Pointer("/properties/stages/additionalProperties"));
  EXPECT_EQ(stage["required"], Json({"kind"}));
  EXPECT_EQ(stage.at(Pointer("/properties/kind/enum")), Json({"preprocess", "train", "evaluate"}));
  ASSERT_EQ(stage["allOf"].size(), 3u);
  const Json& train = stage["allOf"][1];
  EXPECT_EQ(train["if"].dump(), R"({"properties":{"kind":{"const":"train"}},"required":["kind"]})");
  EXPECT_EQ(train.at(Pointer("/then/required")), Json({"model"}));
  EXPECT_EQ(train.at(Pointer("/then/additionalProperties")), false);
  for (const char* key : {"kind", "inputs", "seed", "timeout", "retries", "runner", "cache", "model", "learning_rate", "budget"})
    EXPECT_TRUE(train.at(Pointer("/then/properties")).contains(key)) << key;
}

TEST(Schema, StepsAreNamesOrOneNameWithOptions) {
  const Json schema = json_schema(small_catalog());
  const Json& items = schema.at(Pointer("/properties/stages/additionalProperties/allOf/0/then/properties/steps/items/anyOf"));
  EXPECT_EQ(items[0]["oneOf"][0]["const"], "lowercase");
  EXPECT_EQ(items[1]["maxProperties"], 1);
  EXPECT_EQ(items[1].at(Pointer("/properties/stop_words/additionalProperties")), false);
}

// Every schema object must use only words that draft 2020-12 knows, with values of the right type.
void check_words(const Json& schema, const std::string& path) {
  if (schema.is_boolean()) return;
  ASSERT_TRUE(schema.is_object()) << path;
  for (const auto& [word, value] : schema.items()) {
    const std::string here = path + "/" + word;
    if (word == "properties" || word == "$defs") {
      for (const auto& [name, below] : value.items()) check_words(below, here + "/" + name);
    } else if (word == "items" || word == "additionalProperties" || word == "propertyNames" || word == "if" || word == "then") {
      check_words(value, here);
    } else if (word == "anyOf" || word == "oneOf" || word == "allOf") {
      ASSERT_TRUE(value.is_array() && !value.empty()) << here;
      for (size_t i = 0; i < value.size(); ++i) check_words(value[i], here + "/" + std::to_string(i));
    } else if (word == "enum" || word == "required") {
      EXPECT_TRUE(value.is_array() && !value.empty()) << here;
    } else if (word == "type") {
      EXPECT_TRUE(value.is_string() || value.is_array()) << here;
    } else if (word == "pattern" || word == "description" || word == "title" || word == "$ref" || word == "$schema") {
      EXPECT_TRUE(value.is_string()) << here;
    } else if (word.starts_with("min") || word.starts_with("max")) {
      EXPECT_TRUE(value.is_number()) << here;
    } else {
      EXPECT_TRUE(word == "const" || word == "default") << here;
    }
  }
}

TEST(Schema, UsesOnlyWordsOfTheDraft) { check_words(json_schema(small_catalog()), "#"); }

TEST(Schema, IsTheSameEveryTime) { EXPECT_EQ(json_schema(small_catalog()).dump(), json_schema(small_catalog()).dump()); }

}  // namespace
}  // namespace mlopsctl::spec
