// "a, b, c": names in messages.
#pragma once

#include <string>

namespace mlopsctl {

template <typename Names>
std::string list_of(const Names& names) {
  std::string text;
  for (const auto& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

}  // namespace mlopsctl
