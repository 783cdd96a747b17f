#include "pipeline/base/json.hpp"

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
    return config_error(std::string(name) + ": not valid JSON: " + e.what());
  }
}

std::string canonical(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }
std::string pretty(const Json& value) { return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace mlopsctl
