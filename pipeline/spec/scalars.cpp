#include "pipeline/spec/scalars.hpp"

#include <algorithm>
#include <charconv>

#include "pipeline/spec/wording.hpp"

namespace mlopsctl::spec {

namespace {

constexpr size_t longest_name = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

ScalarFault unexpected(const Type& type, const Node& node) {
  const std::string example = sample(type);
  return {"expected " + phrase(type) + ", got " + node.describe(), example.empty() ? "" : "write a value such as " + example};
}

// A quoted "5" is text; say so where the number without quotes would do.
std::optional<ScalarFault> quoted(const Type& type, const Node& node) {
  if (node.plain) return std::nullopt;
  Node bare = node;
  bare.plain = true;
  if (!std::holds_alternative<Json>(read_scalar(type, bare))) return std::nullopt;
  return ScalarFault{"expected " + phrase(type) + ", got the text \"" + node.scalar + "\"", "remove the quotes: " + node.scalar};
}

std::variant<Json, ScalarFault> read_number(const Type& type, const Node& node, bool whole) {
  const auto number = node.as_number();
  const auto integer = node.as_integer();
  if (!number || (whole && !integer)) {
    if (auto fault = quoted(type, node)) return *fault;
    return unexpected(type, node);
  }
  if ((type.minimum && *number < *type.minimum) || (type.maximum && *number > *type.maximum)) {
    return ScalarFault{"expected " + phrase(type) + ", got " + node.scalar,
                       "use " + show_number(type.minimum && *number < *type.minimum ? *type.minimum : *type.maximum) + " or " +
                           (type.minimum && *number < *type.minimum ? "more" : "less")};
  }
  if (whole) return Json(*integer);
  return Json(*number);
}

std::variant<Json, ScalarFault> read_boolean(const Type& type, const Node& node) {
  if (const auto flag = node.as_bool()) return Json(*flag);
  if (auto fault = quoted(type, node)) return *fault;
  ScalarFault fault = unexpected(type, node);
  std::string lower;
  for (const char c : node.scalar) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (lower == "yes" || lower == "on" || lower == "1") fault.hint = "write true";
  if (lower == "no" || lower == "off" || lower == "0") fault.hint = "write false";
  return fault;
}

std::variant<Json, ScalarFault> read_choice(const Type& type, const Node& node) {
  if (std::find(type.choices.begin(), type.choices.end(), node.scalar) != type.choices.end()) return Json(node.scalar);
  const auto near = nearest(node.scalar, type.choices);
  return ScalarFault{"expected " + phrase(type) + ", got " + node.describe() + (near ? "; did you mean \"" + *near + "\"?" : ""),
                     type.choices.empty() ? "" : "write " + near.value_or(type.choices.front())};
}

std::variant<Json, ScalarFault> read_text(const Type& type, const Node& node) {
  if (node.scalar.find('\0') != std::string::npos) return ScalarFault{"expected text, got text with a NUL character", "remove the \\0"};
  const auto length = static_cast<double>(node.scalar.size());
  if (length < type.minimum.value_or(length) || length > type.maximum.value_or(length)) return unexpected(type, node);
  return Json(node.scalar);
}

}  // namespace

std::variant<Json, ScalarFault> read_scalar(const Type& type, const Node& node) {
  switch (type.kind) {
    case Type::Kind::integer:
      return read_number(type, node, true);
    case Type::Kind::number:
      return read_number(type, node, false);
    case Type::Kind::boolean:
      return read_boolean(type, node);
    case Type::Kind::choice:
      return read_choice(type, node);
    case Type::Kind::duration: {
      const auto seconds = parse_duration(node.scalar);
      if (!seconds) return unexpected(type, node);
      return Json(*seconds);
    }
    case Type::Kind::secret:  // what stands there instead may be the secret: it is not repeated
      if ((node.scalar.starts_with("env:") && node.scalar.size() > 4) || (node.scalar.starts_with("file:") && node.scalar.size() > 5)) return Json(node.scalar);
      return ScalarFault{"expected env:NAME or file:PATH, for a secret must not stand in this file",
                         "write env:NAME, and put the secret into that environment variable"};
    case Type::Kind::dns_label:
      if (is_dns_label(node.scalar)) return Json(node.scalar);
      return ScalarFault{"\"" + node.scalar + "\" cannot be a name; expected lower-case letters, digits and '-', at most 63, a letter or digit at both ends",
                         "write " + to_dns_label(node.scalar)};
    default:
      return read_text(type, node);
  }
}

std::optional<double> parse_duration(std::string_view text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  double scale = 1;
  switch (text.back()) {
    case 's':
      break;
    case 'm':
      scale = 60;
      break;
    case 'h':
      scale = 3600;
      break;
    case 'd':
      scale = 86400;
      break;
    default:
      scale = 0;
  }
  if (scale != 0) text.remove_suffix(1);
  if (text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  double amount = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return amount * (scale == 0 ? 1 : scale);
}

bool is_dns_label(std::string_view text) {
  if (text.empty() || text.size() > longest_name || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > longest_name || text.front() == '-' || text.front() == '_') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

std::string to_name(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, longest_name)) {
    const bool good = is_letter(c) || is_digit(c) || ((c == '-' || c == '_') && !result.empty());
    if (good) result += c;
    else if (!result.empty() && result.back() != '_') result += '_';
  }
  while (!result.empty() && result.back() == '_') result.pop_back();
  return result.empty() ? "a" : result;
}

std::string to_dns_label(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, longest_name)) {
    if (is_lower(c) || is_digit(c)) result += c;
    else if (is_letter(c)) result += static_cast<char>(c - 'A' + 'a');
    else if (!result.empty() && result.back() != '-') result += '-';
  }
  while (!result.empty() && result.back() == '-') result.pop_back();
  return result.empty() ? "my-pipeline" : result;
}

}  // namespace mlopsctl::spec
