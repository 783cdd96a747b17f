// Checks a JSON value against a JSON Schema in the part of the language that our contracts use: type, const, enum, properties, required,
// additionalProperties, items. Another keyword is a fault of the schema, so that none is silently ignored.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"

namespace mlopsctl::testing {

inline bool is_of_type(const Json& value, const std::string& type) {
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  return type == "null" && value.is_null();
}

// Appends "stages.0.kind: expected string, got 3" for every breach.
inline void check_shape(const Json& value, const Json& schema, const std::string& path, std::vector<std::string>& faults) {
  const auto fault = [&](const std::string& text) { faults.push_back((path.empty() ? "(top)" : path) + ": " + text); };
  const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  for (const auto& [keyword, expected] : schema.items()) {
    if (keyword == "type") {
      const Json types = expected.is_array() ? expected : Json::array({expected});
      const bool fits = std::any_of(types.begin(), types.end(), [&](const Json& type) { return is_of_type(value, type.get<std::string>()); });
      if (!fits) fault("expected " + expected.dump() + ", got " + value.dump().substr(0, 80));
    } else if (keyword == "const") {
      if (value != expected) fault("expected " + expected.dump() + ", got " + value.dump());
    } else if (keyword == "enum") {
      if (!value.is_null() && std::find(expected.begin(), expected.end(), value) == expected.end())
        fault("expected one of " + expected.dump() + ", got " + value.dump());
    } else if (keyword == "required") {
      for (const auto& key : expected) {
        if (value.is_object() && !value.contains(key.get<std::string>())) fault("lacks " + key.get<std::string>());
      }
    } else if (keyword == "properties") {
      if (!value.is_object()) continue;
      for (const auto& [key, inner] : expected.items()) {
        if (value.contains(key)) check_shape(value[key], inner, below(key), faults);
      }
    } else if (keyword == "additionalProperties") {
      if (!value.is_object()) continue;
      for (const auto& [key, item] : value.items()) {
        if (schema.contains("properties") && schema["properties"].contains(key)) continue;
        if (expected.is_boolean()) {
          if (!expected.get<bool>()) fault("has " + key + ", which its schema does not know");
        } else {
          check_shape(item, expected, below(key), faults);
        }
      }
    } else if (keyword == "items") {
      if (!value.is_array()) continue;
      for (size_t i = 0; i < value.size(); ++i) check_shape(value[i], expected, below(std::to_string(i)), faults);
    } else if (keyword != "$schema") {
      fault("its schema uses the keyword " + keyword + ", which this check does not know");
    }
  }
}

}  // namespace mlopsctl::testing
