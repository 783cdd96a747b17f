// A command as data: one row of the ONE table (commands.cpp). Parsing, help, completion and the reference page all read it.
#pragma once

#include <span>
#include <string_view>

#include "cli/answer.hpp"
#include "pipeline/base/result.hpp"

namespace mlopsctl::cli {

class Session;

// What a value names; completion offers these.
enum class Takes { nothing, text, file, folder, integer, choice, stage, run, alias };

struct Flag {
  std::string_view name;  // "--model"; empty: no further flag
  char letter = 0;        // 'j' for -j
  Takes takes = Takes::nothing;
  std::string_view value = "";  // how help names it: "PATH"; of a choice: "human|plain"
  std::string_view doc = "";
  std::string_view fallback = "";  // what holds when it is not given
  bool required = false;
  bool repeatable = false;
};

struct Positional {
  std::string_view name;  // "STAGE"; empty: no further one
  Takes takes = Takes::text;
  std::string_view doc = "";
  int min = 1;
  int max = 1;  // -1: any number
};

struct Example {
  std::string_view line;  // what to type; empty: no further one
  std::string_view does = "";
};

struct ExitCode {
  int code = -1;  // -1: no further one
  std::string_view means = "";
};

enum class Group { main, inspect, models, cluster, utility };

// Shared options a command honours besides -C, --json, --color, -v, --log-file and --help.
constexpr unsigned uses_pipeline = 1;  // -f, --set
constexpr unsigned uses_jobs = 2;      // -j

struct Command {
  std::string_view name;  // "run", "cache gc"
  Group group = Group::main;
  unsigned uses = 0;
  std::string_view summary;       // one line without a full stop
  std::string_view details = "";  // paragraphs, wrapped by help
  Example examples[4] = {};
  Positional positionals[2] = {};
  Flag flags[8] = {};
  std::span<const Flag> many_flags = {};  // instead, of a command with more
  ExitCode exit_codes[4] = {};            // where they say more than the contract
  Result<Answer> (*run)(Session&) = nullptr;
};

std::span<const Command> commands();
std::span<const Flag> shared_flags();
const Command* find_command(std::string_view name);

// The rows of a command that are filled in.
std::span<const Example> examples_of(const Command& command);
std::span<const Positional> positionals_of(const Command& command);
std::span<const Flag> flags_of(const Command& command);
std::span<const ExitCode> exit_codes_of(const Command& command);
// Whether a shared flag belongs to the command.
bool honours(const Command& command, const Flag& flag);

}  // namespace mlopsctl::cli
