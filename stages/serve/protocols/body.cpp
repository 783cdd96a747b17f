// JSON in and out, as all formats need it.
#include <charconv>
#include <cmath>

#include "stages/data/utf8.hpp"
#include "stages/serve/protocols/exchange.hpp"

namespace mlopsctl::serve::protocols {
namespace {

// Where a JSON text has an escaped half of a surrogate pair: the place of its backslash; npos: nowhere.
size_t lone_surrogate(std::string_view text) {
  const auto half = [&](size_t at) -> unsigned {
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return 0;
    unsigned code = 0;
    const auto [end, fault] = std::from_chars(text.data() + at + 2, text.data() + at + 6, code, 16);
    return fault == std::errc() && end == text.data() + at + 6 && code >= 0xD800 && code <= 0xDFFF ? code : 0;
  };
  for (size_t at = text.find('\\'); at != std::string_view::npos && at + 1 < text.size(); at = text.find('\\', at)) {
    const unsigned code = half(at);
    if (code == 0) at += 2;
    else if (code >= 0xDC00 || half(at + 6) < 0xDC00) return at;
    else at += 12;
  }
  return std::string_view::npos;
}

std::string kind_of(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "text";
  return value.is_array() ? "a list" : "an object";
}

std::string hex(unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {'0', 'x', digits[byte >> 4U], digits[byte & 15U]};
}

}  // namespace

Result<Json> read_object(const Request& request, int& status) {
  status = 400;
  const std::string& body = request.body;
  if (body.empty()) return config_error("the body is empty; expected a JSON object");
  auto parsed = parse_json(body, "the body");
  if (!parsed) {
    if (const size_t at = data::first_invalid_utf8(body); at < body.size())
      return config_error("the body is not UTF-8: byte " + hex(static_cast<unsigned char>(body[at])) + " at offset " + std::to_string(at));
    if (const size_t at = lone_surrogate(body); at != std::string::npos)
      return config_error("the body has a lone surrogate, " + body.substr(at, 6) + ", at offset " + std::to_string(at) +
                          ": half a character, which no text holds");
    return std::move(parsed).error();
  }
  if (parsed->is_object()) return parsed;
  status = 422;
  return config_error("the body is " + kind_of(*parsed) + "; expected a JSON object");
}

Result<std::string> text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return config_error(std::string("\"") + key + "\" is missing");
  if (!found->is_string()) return config_error(std::string("\"") + key + "\" is " + kind_of(*found) + "; expected text");
  return found->get<std::string>();
}

std::optional<int64_t> whole_number(const Json& value) {
  constexpr int64_t most = int64_t{1} << 53;
  if (value.is_number_unsigned() && value.get<uint64_t>() > most) return std::nullopt;
  if (value.is_number_integer()) {
    const auto number = value.get<int64_t>();
    return number >= -most && number <= most ? std::optional(number) : std::nullopt;
  }
  if (!value.is_number_float()) return std::nullopt;
  const double number = value.get<double>();
  if (std::abs(number) > static_cast<double>(most) || number != std::floor(number)) return std::nullopt;
  return static_cast<int64_t>(number);
}

void append_text(std::string& out, std::string_view text) {
  for (const char c : text)
    if (c < 0x20 || c > 0x7E || c == '"' || c == '\\') {
      out += canonical(Json(text));
      return;
    }
  out += '"';
  out += text;
  out += '"';
}

void append_number(std::string& out, float value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  const std::string_view written(digits, static_cast<size_t>(end - digits));
  out += written;
  if (written.find_first_of(".e") == std::string_view::npos) out += ".0";
}

Response json_response(std::string body, int status) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

}  // namespace mlopsctl::serve::protocols
