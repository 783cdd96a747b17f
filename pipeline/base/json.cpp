#include "pipeline/base/json.hpp"

#include <charconv>
#include <set>
#include <vector>

namespace mlopsctl {

namespace {

constexpr int max_depth = 64;

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view name) {
  std::vector<std::set<std::string>> keys;
  std::string fault;
  const auto guard = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > max_depth && fault.empty()) fault = "nested deeper than " + std::to_string(max_depth) + " levels";
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end && !keys.empty()) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.empty() && !keys.back().insert(parsed.get<std::string>()).second && fault.empty())
      fault = "key \"" + parsed.get<std::string>() + "\" appears twice in one object";
    return fault.empty();
  };
  try {
    Json value = Json::parse(text.begin(), text.end(), guard);
    if (!fault.empty()) return config_error(std::string(name) + ": " + fault);
    return value;
  } catch (const Json::exception& e) {
    std::string_view what = e.what();  // "[json.exception.parse_error.101] parse error at line ..."
    if (what.starts_with('[')) what.remove_prefix(std::min(what.find("] ") + 2, what.size()));
    return config_error(std::string(name) + ": not valid JSON: " + std::string(what));
  }
}

namespace {

// Printable ASCII that JSON writes as it is.
bool is_simple(const std::string& text) {
  for (const char c : text)
    if (c < 0x20 || c > 0x7E || c == '"' || c == '\\') return false;
  return true;
}

template <typename Integer>
void append_integer(std::string& out, Integer value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace

// What nlohmann's dump() writes, without its set-up for each of the thousand small values that make the keys of a plan.
void append_canonical(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      out += "null";
      return;
    case Json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      return;
    case Json::value_t::number_integer:
      return append_integer(out, value.get<int64_t>());
    case Json::value_t::number_unsigned:
      return append_integer(out, value.get<uint64_t>());
    case Json::value_t::string:
      if (const auto& text = value.get_ref<const std::string&>(); is_simple(text)) {
        out += '"';
        out += text;
        out += '"';
        return;
      }
      break;
    case Json::value_t::array:
      out += '[';
      for (const Json& item : value) {
        if (&item != &value.front()) out += ',';
        append_canonical(out, item);
      }
      out += ']';
      return;
    default:
      break;
  }
  out += canonical(value);
}

std::string canonical(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }
std::string pretty(const Json& value) { return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace mlopsctl
