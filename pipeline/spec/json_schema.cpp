#include "pipeline/spec/pipeline.hpp"
#include "pipeline/spec/top_level.hpp"
#include "pipeline/spec/wording.hpp"

namespace mlopsctl::spec {

namespace {

constexpr const char* name_pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$";
constexpr const char* dns_label_pattern = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$";
constexpr const char* duration_pattern = "^[0-9]+(\\.[0-9]*)?[smhd]?$";

Json schema(const Type& type);

// A value that may also be written with variables, which an editor cannot know.
Json or_variable(Json plain) { return {{"anyOf", Json::array({std::move(plain), {{"$ref", "#/$defs/withVariable"}}})}}; }

void bounds(Json& into, const Type& type, const char* lowest, const char* highest) {
  const auto set = [&](const char* key, std::optional<double> bound) {
    if (!bound) return;
    const auto whole = static_cast<int64_t>(*bound);
    if (static_cast<double>(whole) == *bound) into[key] = whole;
    else into[key] = *bound;
  };
  set(lowest, type.minimum);
  set(highest, type.maximum);
}

// null stands for "absent".
Json nullable(Json schema) {
  if (schema.contains("anyOf")) {
    schema["anyOf"].push_back({{"type", "null"}});
    return schema;
  }
  if (schema.contains("enum")) schema["enum"].push_back(nullptr);
  if (!schema.contains("type")) return schema;
  if (schema["type"].is_string()) schema["type"] = Json::array({schema["type"]});
  schema["type"].push_back("null");
  return schema;
}

Json properties(const std::vector<Field>& fields) {
  Json result = Json::object();
  for (const auto& field : fields) {
    Json one = schema(*field.type);
    if (field.default_value || field.optional) one = nullable(std::move(one));
    one["description"] = field.doc;
    if (field.default_value) one["default"] = *field.default_value;
    result[field.name] = std::move(one);
  }
  return result;
}

Json object_schema(const std::vector<Field>& fields, const std::string& discriminator = {}) {
  Json result = {{"type", "object"}, {"properties", properties(fields)}, {"additionalProperties", false}};
  Json needed = Json::array();
  for (const auto& field : fields)
    if (!field.default_value && !field.optional) needed.push_back(field.name);
  if (!discriminator.empty()) result["properties"][discriminator] = Json::object();
  if (!needed.empty()) result["required"] = std::move(needed);
  return result;
}

// if/then per alternative: validators then speak of the fields of the one that was meant.
Json variant_schema(const Type& type) {
  Json branches = Json::array(), names = Json::array(), docs = Json::array();
  for (const auto& alternative : type.alternatives) {
    names.push_back(alternative.name);
    docs.push_back({{"const", alternative.name}, {"description", alternative.doc}});
    Json condition = {{"properties", {{type.discriminator, {{"const", alternative.name}}}}}, {"required", Json::array({type.discriminator})}};
    branches.push_back({{"if", std::move(condition)}, {"then", object_schema(alternative.fields, type.discriminator)}});
  }
  Json result = {{"type", "object"}, {"required", Json::array({type.discriminator})}};
  result["properties"][type.discriminator] = {{"enum", std::move(names)}, {"oneOf", std::move(docs)}};
  if (!branches.empty()) result["allOf"] = std::move(branches);
  return result;
}

Json steps_schema(const Type& type) {
  Json bare = Json::array();
  Json with_options = Json::object();
  for (const auto& alternative : type.alternatives) {
    bare.push_back({{"const", alternative.name}, {"description", alternative.doc}});
    with_options[alternative.name] = nullable(object_schema(alternative.fields));
    with_options[alternative.name]["description"] = alternative.doc;
  }
  Json object = {{"type", "object"}, {"properties", std::move(with_options)}, {"additionalProperties", false}, {"minProperties", 1}, {"maxProperties", 1}};
  Json options = Json::array();
  if (!bare.empty()) options.push_back({{"oneOf", std::move(bare)}});
  options.push_back(std::move(object));
  return {{"type", "array"}, {"items", {{"anyOf", std::move(options)}}}};
}

Json schema(const Type& type) {
  switch (type.kind) {
    case Type::Kind::text: {
      Json result = {{"type", Json::array({"string", "number", "boolean"})}};
      bounds(result, type, "minLength", "maxLength");
      return result;
    }
    case Type::Kind::secret:
      return or_variable({{"type", "string"}, {"pattern", "^(env|file):."}});
    case Type::Kind::dns_label:
      return or_variable({{"type", "string"}, {"pattern", dns_label_pattern}});
    case Type::Kind::integer:
    case Type::Kind::number: {
      Json result = {{"type", type.kind == Type::Kind::integer ? "integer" : "number"}};
      bounds(result, type, "minimum", "maximum");
      return or_variable(std::move(result));
    }
    case Type::Kind::boolean:
      return or_variable({{"type", "boolean"}});
    case Type::Kind::duration:
      return or_variable({{"type", Json::array({"string", "number"})}, {"pattern", duration_pattern}, {"minimum", 0}});
    case Type::Kind::choice:
      return or_variable({{"enum", type.choices}});
    case Type::Kind::list: {
      Json result = {{"type", "array"}, {"items", schema(*type.element)}};
      bounds(result, type, "minItems", "maxItems");
      return result;
    }
    case Type::Kind::map: {
      Json result = {{"type", "object"}, {"additionalProperties", schema(*type.element)}};
      if (type.names_only) result["propertyNames"] = {{"pattern", name_pattern}};
      bounds(result, type, "minProperties", "maxProperties");
      return result;
    }
    case Type::Kind::object:
      return object_schema(type.fields);
    case Type::Kind::variant:
      return variant_schema(type);
    case Type::Kind::steps:
      return steps_schema(type);
    case Type::Kind::model:
      return {{"type", "string"}};
    case Type::Kind::any_of: {
      Json options = Json::array();
      for (const auto& option : type.options) options.push_back(schema(*option));
      return {{"anyOf", std::move(options)}};
    }
  }
  return Json::object();
}

}  // namespace

Json json_schema(const StageCatalog& catalog) {
  Json result = schema(*pipeline_type(catalog));
  result["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  result["title"] = "mlopsctl pipeline";
  result["$defs"]["withVariable"] = {
      {"type", "string"}, {"pattern", "\\$\\{[A-Za-z0-9_-]+\\}"}, {"description", "A value made from variables, such as ${data}."}};
  return result;
}

}  // namespace mlopsctl::spec
