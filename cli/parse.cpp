#include "cli/parse.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>

#include "cli/command.hpp"
#include "pipeline/base/list_of.hpp"

namespace mlopsctl::cli {

namespace {

using Options = std::vector<std::pair<std::string, const CLI::Option*>>;

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string help_of(const Command* command) { return "mlopsctl " + (command == nullptr ? "" : std::string(command->name) + " ") + "--help"; }

void add_flag(CLI::App& app, const Flag& flag, Options& options) {
  const std::string names = (flag.letter == 0 ? "" : std::string("-") + flag.letter + ",") + std::string(flag.name);
  CLI::Option* option = nullptr;
  if (flag.takes == Takes::nothing) {
    option = app.add_flag(names);
  } else {
    option = app.add_option(names, CLI::callback_t([](const CLI::results_t&) { return true; }));
    option->type_size(1)->expected(1);
  }
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  options.emplace_back(flag.name, option);
}

void add_positional(CLI::App& app, const Positional& positional, Options& options) {
  CLI::Option* option = app.add_option(std::string(positional.name), CLI::callback_t([](const CLI::results_t&) { return true; }));
  // CLI11 hands out a positional word only below the least count; whether it may be absent is checked with the other rules.
  option->type_size(1)->expected(1, positional.max < 0 ? 1 << 20 : positional.max)->allow_extra_args(positional.max != 1);
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  options.emplace_back(positional.name, option);
}

// One command of the table with what CLI11 calls it.
struct Entry {
  const Command* command;
  CLI::App* app;
  Options flags, positionals;
};

std::vector<std::string> command_names(std::string_view group) {
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    const size_t blank = command.name.find(' ');
    const std::string first(command.name.substr(0, blank));
    if (group.empty()) {
      if (std::find(names.begin(), names.end(), first) == names.end()) names.push_back(first);
    } else if (blank != std::string_view::npos && first == group) {
      names.emplace_back(command.name.substr(blank + 1));
    }
  }
  return names;
}

Error unknown_command(std::string_view group, std::string_view word) {
  const auto names = command_names(group);
  const std::string prefix = group.empty() ? "" : std::string(group) + " ";
  const auto near = nearest(word, names);
  return usage_error("unknown command " + in_quotes(prefix + std::string(word)), near            ? "did you mean `mlopsctl " + prefix + *near + "`?"
                                                                                 : group.empty() ? "`mlopsctl --help` lists the commands"
                                                                                                 : "use one of: " + list_of(names));
}

Error unknown_argument(const Command& command, const std::string& word) {
  const std::string where = " for `mlopsctl " + std::string(command.name) + "`";
  if (word.size() < 2 || word[0] != '-') return usage_error("unexpected argument " + in_quotes(word) + where, "see `" + help_of(&command) + "`");
  std::vector<std::string> names{"--help"};
  for (const Flag& flag : flags_of(command)) names.emplace_back(flag.name);
  for (const Flag& flag : shared_flags()) {
    if (honours(command, flag)) names.emplace_back(flag.name);
  }
  const std::string name = word.substr(0, word.find('='));
  const auto near = name.starts_with("--") ? nearest(name, names) : std::nullopt;
  return usage_error("unknown option " + name + where, near ? "did you mean " + *near + "?" : "see `" + help_of(&command) + "`");
}

Status check_value(const Command* command, const Flag& flag, const std::string& value) {
  const std::string name(flag.name);
  if (flag.takes == Takes::integer) {
    int64_t number = 0;
    const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (fault != std::errc() || end != value.data() + value.size() || number < 0)
      return usage_error(name + ": expected a whole number, got " + in_quotes(value), "use a value such as " + name + " 4");
  }
  if (flag.takes == Takes::choice) {
    std::vector<std::string> choices;
    for (size_t from = 0; from <= flag.value.size();) {
      const size_t bar = std::min(flag.value.find('|', from), flag.value.size());
      choices.emplace_back(flag.value.substr(from, bar - from));
      from = bar + 1;
    }
    if (std::find(choices.begin(), choices.end(), value) == choices.end())
      return usage_error(name + ": expected one of " + list_of(choices) + ", got " + in_quotes(value), "see `" + help_of(command) + "`");
  }
  if (flag.takes != Takes::nothing && value.empty())
    return usage_error(name + ": expected " + std::string(flag.value) + ", got nothing", "see `" + help_of(command) + "`");
  return {};
}

void collect(const Options& options, std::map<std::string, std::vector<std::string>, std::less<>>& into) {
  for (const auto& [name, option] : options) {
    if (option->count() == 0) continue;
    auto& values = into[name];
    for (const auto& value : option->results()) values.push_back(value);
  }
}

// "-j: 1 required TEXT missing" and its like, in our words.
Error value_missing(const Command* command, const std::vector<std::string>& words) {
  const std::string last = words.empty() ? "" : words.back();
  return usage_error("option " + last + " needs a value", "see `" + help_of(command) + "`");
}

Status check_required(const Command& command, const Arguments& arguments) {
  for (const Flag& flag : flags_of(command)) {
    if (flag.required && !arguments.has(flag.name))
      return usage_error("option " + std::string(flag.name) + " " + std::string(flag.value) + " is missing", std::string(command.examples[0].line));
  }
  for (const Positional& positional : positionals_of(command)) {
    if (static_cast<int>(arguments.positional_values(positional.name).size()) < positional.min)
      return usage_error("argument " + std::string(positional.name) + " is missing", std::string(command.examples[0].line));
  }
  return {};
}

Status check_values(const Arguments& arguments) {
  const auto check_all = [&](std::span<const Flag> flags) -> Status {
    for (const Flag& flag : flags) {
      if (flag.takes == Takes::nothing) continue;
      for (const auto& value : arguments.values(flag.name)) TRY(check_value(arguments.command, flag, value));
    }
    return {};
  };
  if (arguments.command != nullptr) TRY(check_all(flags_of(*arguments.command)));
  return check_all(shared_flags());
}

Status check_shared(const Command& command, const Arguments& arguments) {
  for (const Flag& flag : shared_flags()) {
    if (arguments.has(flag.name) && !honours(command, flag)) return unknown_argument(command, std::string(flag.name));
  }
  return {};
}

}  // namespace

Result<Arguments> parse(const std::vector<std::string>& words) {
  CLI::App root;
  root.set_help_flag();
  root.allow_extras();
  root.require_subcommand(0, 1);
  root.fallthrough();
  CLI::Option* help = root.add_flag("-h,--help");
  Options shared;
  for (const Flag& flag : shared_flags()) add_flag(root, flag, shared);

  std::vector<Entry> entries;
  std::map<std::string, CLI::App*> groups;
  const auto add_app = [](CLI::App& parent, const std::string& name) {
    CLI::App* app = parent.add_subcommand(name);
    app->set_help_flag();
    app->allow_extras();
    return app;
  };
  for (const Command& command : commands()) {
    const std::string name(command.name);
    const size_t blank = name.find(' ');
    CLI::App* parent = &root;
    if (blank != std::string::npos) {
      CLI::App*& group = groups[name.substr(0, blank)];
      if (group == nullptr) {
        group = add_app(root, name.substr(0, blank));
        group->require_subcommand(0, 1);
      }
      parent = group;
    }
    Entry entry{&command, add_app(*parent, blank == std::string::npos ? name : name.substr(blank + 1)), {}, {}};
    for (const Flag& flag : flags_of(command)) add_flag(*entry.app, flag, entry.flags);
    for (const Positional& positional : positionals_of(command)) add_positional(*entry.app, positional, entry.positionals);
    entries.push_back(std::move(entry));
  }

  const auto chosen = [&]() -> const Entry* {
    for (const Entry& entry : entries) {
      if (entry.app->parsed()) return &entry;
    }
    return nullptr;
  };
  // What stands after -- is no option of ours, whatever it looks like.
  const auto dashes = std::find(words.begin(), words.end(), "--");
  std::vector<std::string> reversed(std::make_reverse_iterator(dashes), words.rend());
  try {
    root.parse(reversed);
  } catch (const CLI::ParseError&) {
    const Entry* entry = chosen();
    return value_missing(entry == nullptr ? nullptr : entry->command, words);
  }

  Arguments arguments;
  collect(shared, arguments.flags);
  arguments.help = help->count() > 0;
  const auto extras = root.remaining(true);
  const Entry* entry = chosen();
  if (entry == nullptr) {
    for (const auto& [name, app] : groups) {
      if (app->parsed()) arguments.help_topic = name;
    }
    const auto word = std::find_if(extras.begin(), extras.end(), [](const std::string& extra) { return !extra.starts_with("-"); });
    if (word != extras.end()) return unknown_command(arguments.help_topic, *word);
    if (!extras.empty())
      return usage_error("unknown option " + extras.front(), extras.front() == "--version" ? "run `mlopsctl version`" : "see `mlopsctl --help`");
    if (!arguments.help_topic.empty() && !arguments.help)
      return usage_error("`mlopsctl " + arguments.help_topic + "` needs a command", "use one of: " + list_of(command_names(arguments.help_topic)));
    TRY(check_values(arguments));
    return arguments;
  }

  arguments.command = entry->command;
  collect(entry->flags, arguments.flags);
  collect(entry->positionals, arguments.positionals);
  if (arguments.help) return arguments;
  if (dashes != words.end()) {
    const auto positionals = positionals_of(*entry->command);
    if (positionals.empty() || positionals.back().max >= 0) return unknown_argument(*entry->command, "--");
    auto& values = arguments.positionals[std::string(positionals.back().name)];
    values.insert(values.end(), dashes + 1, words.end());
  }
  if (!extras.empty()) return unknown_argument(*entry->command, extras.front());
  TRY(check_shared(*entry->command, arguments));
  TRY(check_values(arguments));
  TRY(check_required(*entry->command, arguments));
  return arguments;
}

}  // namespace mlopsctl::cli
