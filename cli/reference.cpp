#include "cli/reference.hpp"

#include "cli/command.hpp"
#include "cli/help.hpp"

namespace mlopsctl::cli {

namespace {

std::string in_cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string flag_line(const Flag& flag) {
  std::string line = "| `" + (flag.letter != 0 ? std::string("-") + flag.letter + ", " : "") + std::string(flag.name);
  if (flag.takes != Takes::nothing && flag.takes != Takes::choice) line += " " + in_cell(flag.value);
  line += "` | " + in_cell(flag.doc);
  if (flag.takes == Takes::choice) line += ": `" + in_cell(flag.value) + "`";
  if (flag.required) line += " (required)";
  if (flag.repeatable) line += " (may be repeated)";
  return line + " | " + (flag.fallback.empty() ? "" : "`" + in_cell(flag.fallback) + "`") + " |\n";
}

constexpr std::string_view flag_head = "| option | meaning | default |\n| --- | --- | --- |\n";

}  // namespace

std::string command_reference() {
  std::string out = "# Commands\n\nWritten by `mlopsctl schema --commands`.\n\n| command | what it does |\n| --- | --- |\n";
  for (const Command& command : commands()) out += "| `" + std::string(command.name) + "` | " + in_cell(command.summary) + " |\n";
  out += "\n## Shared options\n\n" + std::string(flag_head);
  for (const Flag& flag : shared_flags()) out += flag_line(flag);
  for (const Command& command : commands()) {
    out += "\n## mlopsctl " + std::string(command.name) + "\n\n" + std::string(command.summary) + "\n\n```\n" + usage_line(command) + "\n```\n";
    if (!command.details.empty()) out += "\n" + std::string(command.details) + "\n";
    out += "\n";
    for (const Example& example : examples_of(command))
      out += "- `" + std::string(example.line) + "`" + (example.does.empty() ? "" : ": " + std::string(example.does)) + "\n";
    if (!positionals_of(command).empty() || !flags_of(command).empty()) out += "\n" + std::string(flag_head);
    for (const Positional& positional : positionals_of(command)) out += "| `" + std::string(positional.name) + "` | " + in_cell(positional.doc) + " | |\n";
    for (const Flag& flag : flags_of(command)) out += flag_line(flag);
    if (!exit_codes_of(command).empty()) out += "\n| exit code | meaning |\n| ---: | --- |\n";
    for (const ExitCode& code : exit_codes_of(command)) out += "| " + std::to_string(code.code) + " | " + in_cell(code.means) + " |\n";
  }
  return out;
}

}  // namespace mlopsctl::cli
