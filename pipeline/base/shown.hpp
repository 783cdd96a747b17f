// Numbers in messages.
#pragma once

#include <cstdio>
#include <string>

namespace mlopsctl {

// By a printf format for one double: four digits after the point, or "%g".
inline std::string shown(double value, const char* format = "%.4f") {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}
inline std::string brief(double value) { return shown(value, "%g"); }

}  // namespace mlopsctl
