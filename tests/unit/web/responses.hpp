// What stands in an answer.
#pragma once

#include <string>
#include <string_view>

#include "stages/serve/message.hpp"

namespace mlopsctl::serve::web {

// Empty where it has none of that name.
inline std::string header(const Response& response, std::string_view name) {
  for (const auto& each : response.headers)
    if (each.name == name) return each.value;
  return "";
}

}  // namespace mlopsctl::serve::web
