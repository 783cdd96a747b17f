#include "stages/data/json_lines.hpp"

#include <cctype>

namespace mlopsctl::data {

namespace {

// Where nlohmann-json says it stopped ("at line 1, column 17: "), from 0.
size_t stopped_at(std::string_view message) {
  const size_t found = message.find("column ");
  if (found == std::string_view::npos) return 0;
  size_t column = 0;
  for (size_t i = found + 7; i < message.size() && std::isdigit(static_cast<unsigned char>(message[i])) != 0; ++i)
    column = column * 10 + static_cast<size_t>(message[i] - '0');
  return column == 0 ? 0 : column - 1;
}

std::string_view kind_of(const Json& value) {
  if (value.is_array()) return "a list";
  if (value.is_string()) return "a string";
  if (value.is_number()) return "a number";
  if (value.is_boolean()) return "a boolean";
  return "null";
}

}  // namespace

Result<Json> parse_line(const RecordPlace& place) {
  Result<Json> parsed = parse_json(place.bytes, "line");
  if (!parsed.ok()) {
    const std::string_view said = parsed.error().message;
    const size_t detail = said.find(": syntax error");
    Error fault = stage_error(detail == std::string_view::npos ? std::string(said) : "not valid JSON: " + std::string(said.substr(detail + 2)));
    fault.span = span_at(place, std::min(stopped_at(said), place.bytes.size()));
    fault.hint = "write one JSON object per line, for example {\"text\": \"...\", \"label\": \"...\"}";
    return fault;
  }
  if (!parsed->is_object()) {
    Error fault = stage_error("found " + std::string(kind_of(*parsed)) + ", expected a JSON object");
    fault.span = span_at(place, 0);
    fault.hint = "write one JSON object per line, for example {\"text\": \"...\", \"label\": \"...\"}";
    return fault;
  }
  return parsed;
}

void append_cell(std::string& out, const Json& value) {
  if (value.is_null()) return;
  if (value.is_string()) out += value.get_ref<const std::string&>();
  else out += canonical(value);
}

}  // namespace mlopsctl::data
