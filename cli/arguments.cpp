#include "cli/arguments.hpp"

#include <charconv>

#include "cli/command.hpp"

namespace mlopsctl::cli {

namespace {

const Flag* row_of(const Command* command, std::string_view name) {
  if (command != nullptr) {
    for (const Flag& flag : flags_of(*command)) {
      if (flag.name == name) return &flag;
    }
  }
  for (const Flag& flag : shared_flags()) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> Arguments::find(std::string_view flag) const {
  const auto found = flags.find(flag);
  if (found == flags.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::string Arguments::value(std::string_view flag) const {
  if (auto given = find(flag)) return *given;
  const Flag* row = row_of(command, flag);
  return row == nullptr ? "" : std::string(row->fallback);
}

std::vector<std::string> Arguments::values(std::string_view flag) const {
  const auto found = flags.find(flag);
  return found == flags.end() ? std::vector<std::string>() : found->second;
}

int64_t Arguments::integer(std::string_view flag) const {
  const std::string text = value(flag);
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string Arguments::positional(std::string_view name) const {
  const auto found = positionals.find(name);
  return found == positionals.end() || found->second.empty() ? "" : found->second.front();
}

std::vector<std::string> Arguments::positional_values(std::string_view name) const {
  const auto found = positionals.find(name);
  return found == positionals.end() ? std::vector<std::string>() : found->second;
}

}  // namespace mlopsctl::cli
