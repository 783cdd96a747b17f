#include "pipeline/k8s/amount.hpp"

#include <charconv>
#include <string>
#include <utility>

namespace mlopsctl::k8s {

double amount(std::string_view text) {
  // "1E" is an exa, "1E3" a thousand: from_chars takes the exponent only where digits follow.
  double number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc()) return 0;
  const std::string_view suffix(end, static_cast<size_t>(text.data() + text.size() - end));
  if (suffix.empty()) return number;
  constexpr std::pair<std::string_view, double> units[] = {{"n", 1e-9},       {"u", 1e-6},          {"m", 1e-3},    {"k", 1e3},     {"M", 1e6},
                                                           {"G", 1e9},        {"T", 1e12},          {"P", 1e15},    {"E", 1e18},    {"Ki", 1024.0},
                                                           {"Mi", 1048576.0}, {"Gi", 1073741824.0}, {"Ti", 0x1p40}, {"Pi", 0x1p50}, {"Ei", 0x1p60}};
  for (const auto& [name, size] : units)
    if (suffix == name) return number * size;
  return 0;
}

}  // namespace mlopsctl::k8s
