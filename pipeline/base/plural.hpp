// "1 row", "2 rows": counts in messages.
#pragma once

#include <string>
#include <string_view>

namespace mlopsctl {

template <typename Integer>
std::string count_of(Integer count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace mlopsctl
