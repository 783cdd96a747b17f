#include "pipeline/spec/wording.hpp"

#include <charconv>
#include <cmath>

namespace mlopsctl::spec {

namespace {

constexpr size_t longest_list = 30;

std::string join(const std::vector<std::string>& names, std::string_view last) {
  std::string result;
  const size_t shown = names.size() > longest_list ? longest_list : names.size();
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) result += i + 1 == names.size() ? last : std::string_view(", ");
    result += names[i];
  }
  if (shown < names.size()) result += ", ... (" + std::to_string(names.size()) + " in all)";
  return result;
}

// " from 1 to 9", " of at least 1", " of at most 9" or nothing.
std::string range(const Type& type) {
  if (type.minimum && type.maximum) return " from " + show_number(*type.minimum) + " to " + show_number(*type.maximum);
  if (type.minimum) return " of at least " + show_number(*type.minimum);
  if (type.maximum) return " of at most " + show_number(*type.maximum);
  return "";
}

std::string brief_range(const Type& type) {
  if (!type.minimum && !type.maximum) return "";
  if (type.minimum && type.maximum) return " " + show_number(*type.minimum) + ".." + show_number(*type.maximum);
  return type.minimum ? " >= " + show_number(*type.minimum) : " <= " + show_number(*type.maximum);
}

}  // namespace

std::string one_of(const std::vector<std::string>& names) { return join(names, " or "); }
std::string comma_list(const std::vector<std::string>& names) { return join(names, ", "); }

std::string show_number(double value) {
  char buffer[64];
  const bool plain = value == 0 || (std::abs(value) >= 1e-9 && std::abs(value) < 1e15);
  const auto end =
      plain ? std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr : std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

std::string phrase(const Type& type) {
  switch (type.kind) {
    case Type::Kind::text:
      return type.maximum == 1 ? "one character" : "text";
    case Type::Kind::secret:
      return "env:NAME or file:PATH";
    case Type::Kind::dns_label:
      return "a name of lower-case letters, digits and '-'";
    case Type::Kind::integer:
      return "a whole number" + range(type);
    case Type::Kind::number:
      return "a number" + range(type);
    case Type::Kind::boolean:
      return "true or false";
    case Type::Kind::duration:
      return "a duration such as 90s, 10m or 2h";
    case Type::Kind::choice:
      return one_of(type.choices);
    case Type::Kind::list:
      return "a list";
    case Type::Kind::steps:
      return "a list of steps";
    case Type::Kind::map:
    case Type::Kind::object:
    case Type::Kind::variant:
      return "a mapping";
    case Type::Kind::model:
      return "a model: a stage, a registered alias or a path";
    case Type::Kind::any_of: {
      std::vector<std::string> options;
      for (const auto& option : type.options) {
        if (option->kind == Type::Kind::choice) options.insert(options.end(), option->choices.begin(), option->choices.end());
        else options.push_back(phrase(*option));
      }
      return one_of(options);
    }
  }
  return "";
}

std::string brief(const Type& type) {
  switch (type.kind) {
    case Type::Kind::text:
      return type.maximum == 1 ? "one character" : "text";
    case Type::Kind::secret:
      return "`env:NAME` or `file:PATH`";
    case Type::Kind::dns_label:
      return "name";
    case Type::Kind::integer:
      return "integer" + brief_range(type);
    case Type::Kind::number:
      return "number" + brief_range(type);
    case Type::Kind::boolean:
      return "boolean";
    case Type::Kind::duration:
      return "duration";
    case Type::Kind::choice: {
      std::vector<std::string> quoted;
      for (const auto& choice : type.choices) quoted.push_back("`" + choice + "`");
      return one_of(quoted);
    }
    case Type::Kind::list:
      return "list of " + brief(*type.element);
    case Type::Kind::map:
      return "mapping of " + brief(*type.element);
    case Type::Kind::object:
      return "mapping";
    case Type::Kind::variant:
      return "mapping, by `" + type.discriminator + "`";
    case Type::Kind::steps:
      return "list of steps";
    case Type::Kind::model:
      return "model";
    case Type::Kind::any_of: {
      std::vector<std::string> options;
      for (const auto& option : type.options) options.push_back(brief(*option));
      return one_of(options);
    }
  }
  return "";
}

std::string sample(const Type& type) {
  if (!type.example.empty()) return type.example;
  switch (type.kind) {
    case Type::Kind::integer:
    case Type::Kind::number:
      return type.minimum ? show_number(*type.minimum) : type.maximum ? show_number(*type.maximum) : "1";
    case Type::Kind::boolean:
      return "true";
    case Type::Kind::choice:
      return type.choices.empty() ? "" : type.choices.front();
    case Type::Kind::list: {
      const std::string item = sample(*type.element);
      return item.empty() ? "" : "[" + item + "]";
    }
    case Type::Kind::steps:
      return type.alternatives.empty() ? "" : "[" + type.alternatives.front().name + "]";
    case Type::Kind::variant:
      return type.alternatives.empty() ? "" : "{" + type.discriminator + ": " + type.alternatives.front().name + "}";
    case Type::Kind::object: {
      // The fields that must be there, if each has a sample; else the first.
      std::string body;
      for (const auto& field : type.fields) {
        if (field.default_value || field.optional) continue;
        const std::string value = sample(*field.type);
        if (value.empty()) return "";
        body += (body.empty() ? "" : ", ") + field.name + ": " + value;
      }
      if (body.empty() && !type.fields.empty()) {
        const std::string value = sample(*type.fields.front().type);
        body = type.fields.front().name + ": " + (value.empty() ? "{}" : value);
      }
      return "{" + body + "}";
    }
    case Type::Kind::any_of:
      return type.options.empty() ? "" : sample(*type.options.front());
    default:
      return "";
  }
}

std::vector<std::string> names_of(const std::vector<Field>& fields) {
  std::vector<std::string> names;
  for (const auto& field : fields) names.push_back(field.name);
  return names;
}

std::vector<std::string> names_of(const std::vector<Alternative>& alternatives) {
  std::vector<std::string> names;
  for (const auto& alternative : alternatives) names.push_back(alternative.name);
  return names;
}

}  // namespace mlopsctl::spec
