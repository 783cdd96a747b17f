// Arguments: what was typed, checked against the command's row but not yet acted upon.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlopsctl::cli {

struct Command;

struct Arguments {
  const Command* command = nullptr;  // null: none was named
  bool help = false;
  std::string help_topic;                                                    // "cache": help for a group of commands; empty: the command's, or the program's
  std::map<std::string, std::vector<std::string>, std::less<>> flags;        // by name, "--model"
  std::map<std::string, std::vector<std::string>, std::less<>> positionals;  // by name, "STAGE"

  bool has(std::string_view flag) const { return flags.contains(flag); }
  // The value given last, or the fallback of the table.
  std::string value(std::string_view flag) const;
  std::optional<std::string> find(std::string_view flag) const;
  std::vector<std::string> values(std::string_view flag) const;
  int64_t integer(std::string_view flag) const;
  // The positional's only value; empty when it was not given.
  std::string positional(std::string_view name) const;
  std::vector<std::string> positional_values(std::string_view name) const;
};

}  // namespace mlopsctl::cli
