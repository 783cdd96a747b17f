#include "pipeline/spec/field.hpp"

#include <algorithm>
#include <stdexcept>

namespace mlopsctl::spec {

namespace {

std::shared_ptr<Type> make(Type::Kind kind) {
  auto type = std::make_shared<Type>();
  type->kind = kind;
  return type;
}

std::shared_ptr<Type> make(Type::Kind kind, std::optional<double> minimum, std::optional<double> maximum, std::string example = {}) {
  auto type = make(kind);
  type->minimum = minimum;
  type->maximum = maximum;
  type->example = std::move(example);
  return type;
}

}  // namespace

TypePtr text(std::string example) { return make(Type::Kind::text, {}, {}, std::move(example)); }
TypePtr character(std::string example) { return make(Type::Kind::text, 1, 1, std::move(example)); }
TypePtr secret() { return make(Type::Kind::secret); }
TypePtr dns_label(std::string example) { return make(Type::Kind::dns_label, {}, {}, std::move(example)); }

TypePtr integer(std::optional<double> minimum, std::optional<double> maximum, std::string example) {
  return make(Type::Kind::integer, minimum, maximum, std::move(example));
}

TypePtr number(std::optional<double> minimum, std::optional<double> maximum, std::string example) {
  return make(Type::Kind::number, minimum, maximum, std::move(example));
}

TypePtr boolean() { return make(Type::Kind::boolean); }
TypePtr duration(std::string example) { return make(Type::Kind::duration, {}, {}, std::move(example)); }
TypePtr model() { return make(Type::Kind::model); }

TypePtr choice(std::vector<std::string> choices) {
  auto type = make(Type::Kind::choice);
  type->choices = std::move(choices);
  return type;
}

TypePtr list(TypePtr element, std::optional<double> min_items, std::optional<double> max_items) {
  auto type = make(Type::Kind::list, min_items, max_items);
  type->element = std::move(element);
  return type;
}

TypePtr map(TypePtr element) {
  auto type = make(Type::Kind::map);
  type->element = std::move(element);
  return type;
}

TypePtr named_map(TypePtr element, std::optional<double> min_items) {
  auto type = make(Type::Kind::map, min_items, {});
  type->element = std::move(element);
  type->names_only = true;
  return type;
}

TypePtr object(std::vector<Field> fields) {
  auto type = make(Type::Kind::object);
  type->fields = std::move(fields);
  return type;
}

TypePtr variant(std::string discriminator, std::vector<Alternative> alternatives) {
  auto type = make(Type::Kind::variant);
  type->discriminator = std::move(discriminator);
  type->alternatives = std::move(alternatives);
  return type;
}

TypePtr steps(std::vector<Alternative> alternatives) {
  auto type = make(Type::Kind::steps);
  type->alternatives = std::move(alternatives);
  return type;
}

TypePtr any_of(std::vector<TypePtr> options) {
  auto type = make(Type::Kind::any_of);
  type->options = std::move(options);
  return type;
}

Field required(std::string name, TypePtr type, std::string doc) { return {std::move(name), std::move(type), std::move(doc), std::nullopt, false}; }

Field optional(std::string name, TypePtr type, std::string doc) { return {std::move(name), std::move(type), std::move(doc), std::nullopt, true}; }

Field with_default(std::string name, TypePtr type, Json default_value, std::string doc) {
  Json value;
  try {
    value = complete(*type, default_value);
  } catch (const std::logic_error& e) { throw std::logic_error("field " + name + ": " + e.what()); }
  return {std::move(name), std::move(type), std::move(doc), std::move(value), false};
}

namespace {

const Alternative& alternative(const Type& type, const std::string& name) {
  for (const auto& candidate : type.alternatives)
    if (candidate.name == name) return candidate;
  throw std::logic_error("the default names no alternative: " + name);
}

Json complete_fields(const std::vector<Field>& fields, const Json& value) {
  Json result = Json::object();
  for (const auto& field : fields) {
    const auto given = value.find(field.name);
    if (given != value.end() && !given->is_null()) result[field.name] = complete(*field.type, *given);
    else if (field.default_value) result[field.name] = *field.default_value;
    else if (field.optional) result[field.name] = nullptr;
    else throw std::logic_error("the default lacks " + field.name);
  }
  return result;
}

Json complete_step(const Type& type, const Json& item) {
  const std::string name = item.is_string() ? item.get<std::string>() : item.at("step").get<std::string>();
  Json result = complete_fields(alternative(type, name).fields, item.is_string() ? Json::object() : item);
  result["step"] = name;
  return result;
}

bool fits(const Type& type, const Json& value) {
  switch (type.kind) {
    case Type::Kind::integer:
      return value.is_number_integer();
    case Type::Kind::number:
    case Type::Kind::duration:
      return value.is_number();
    case Type::Kind::boolean:
      return value.is_boolean();
    case Type::Kind::choice:
      return value.is_string() && std::find(type.choices.begin(), type.choices.end(), value.get_ref<const std::string&>()) != type.choices.end();
    case Type::Kind::text:
    case Type::Kind::secret:
    case Type::Kind::dns_label:
    case Type::Kind::model:
      return value.is_string();
    case Type::Kind::list:
    case Type::Kind::steps:
      return value.is_array();
    case Type::Kind::map:
    case Type::Kind::object:
    case Type::Kind::variant:
      return value.is_object();
    case Type::Kind::any_of:
      return std::any_of(type.options.begin(), type.options.end(), [&](const auto& option) { return fits(*option, value); });
  }
  return false;
}

}  // namespace

Json complete(const Type& type, const Json& value) {
  if (value.is_null()) return value;
  if (!fits(type, value)) throw std::logic_error("the default " + value.dump() + " does not fit the type");
  switch (type.kind) {
    case Type::Kind::number:
    case Type::Kind::duration:
      return value.get<double>();
    case Type::Kind::list: {
      Json result = Json::array();
      for (const auto& item : value) result.push_back(complete(*type.element, item));
      return result;
    }
    case Type::Kind::map: {
      Json result = Json::object();
      for (const auto& [key, item] : value.items()) result[key] = complete(*type.element, item);
      return result;
    }
    case Type::Kind::object:
      return complete_fields(type.fields, value);
    case Type::Kind::variant: {
      const std::string name = value.at(type.discriminator).get<std::string>();
      Json result = complete_fields(alternative(type, name).fields, value);
      result[type.discriminator] = name;
      return result;
    }
    case Type::Kind::steps: {
      Json result = Json::array();
      for (const auto& item : value) result.push_back(complete_step(type, item));
      return result;
    }
    case Type::Kind::any_of:
      for (const auto& option : type.options)
        if (fits(*option, value)) return complete(*option, value);
      return value;
    default:
      return value;
  }
}

}  // namespace mlopsctl::spec
