#include "cli/completion.hpp"

#include <algorithm>
#include <vector>

#include "cli/command.hpp"

namespace mlopsctl::cli {

namespace {

struct Words {
  std::string_view first, second;  // "cache", "gc"; second may be empty
};

Words words_of(const Command& command) {
  const size_t blank = command.name.find(' ');
  return blank == std::string_view::npos ? Words{command.name, ""} : Words{command.name.substr(0, blank), command.name.substr(blank + 1)};
}

std::vector<std::string_view> first_words() {
  std::vector<std::string_view> words;
  for (const Command& command : commands()) {
    if (words.empty() || words.back() != words_of(command).first) words.push_back(words_of(command).first);
  }
  return words;
}

std::vector<std::string_view> second_words(std::string_view first) {
  std::vector<std::string_view> words;
  for (const Command& command : commands()) {
    if (words_of(command).first == first && !words_of(command).second.empty()) words.push_back(words_of(command).second);
  }
  return words;
}

std::string joined(const std::vector<std::string_view>& words, std::string_view between = " ") {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : std::string(between)) + std::string(word);
  return text;
}

std::vector<const Flag*> all_flags(const Command& command) {
  std::vector<const Flag*> flags;
  for (const Flag& flag : flags_of(command)) flags.push_back(&flag);
  for (const Flag& flag : shared_flags()) {
    if (honours(command, flag)) flags.push_back(&flag);
  }
  return flags;
}

std::string choices_of(std::string_view value) {
  std::string text(value);
  std::replace(text.begin(), text.end(), '|', ' ');
  return text;
}

std::string_view names_kind(Takes takes) {
  switch (takes) {
    case Takes::stage:
      return "stages";
    case Takes::run:
      return "runs";
    case Takes::alias:
      return "aliases";
    default:
      return "";
  }
}

// What offers values in bash; empty: nothing does.
std::string bash_words(Takes takes, std::string_view value) {
  if (takes == Takes::choice) return "COMPREPLY=($(compgen -W \"" + choices_of(value) + "\" -- \"$cur\"))";
  if (takes == Takes::file) return "COMPREPLY=($(compgen -f -- \"$cur\"))";
  if (takes == Takes::folder) return "COMPREPLY=($(compgen -d -- \"$cur\"))";
  if (!names_kind(takes).empty())
    return "COMPREPLY=($(compgen -W \"$(mlopsctl completion --names " + std::string(names_kind(takes)) + " 2>/dev/null)\" -- \"$cur\")" +
           (takes == Takes::alias ? " $(compgen -d -- \"$cur\")" : "") + ")";
  return "";
}

std::string bash_script() {
  std::string out =
      "# mlopsctl completion for bash; written by `mlopsctl completion bash`\n"
      "_mlopsctl() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=\"\" word i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    case \"$command/$word\" in\n";
  out += "      /" + joined(first_words(), "|/") + ") command=$word ;;\n";
  for (const auto first : first_words()) {
    const auto seconds = second_words(first);
    if (!seconds.empty())
      out += "      " + std::string(first) + "/" + joined(seconds, "|" + std::string(first) + "/") + ") command=\"" + std::string(first) + " $word\" ;;\n";
  }
  out += "    esac\n  done\n  local flags=\"-h --help\"\n  case $command in\n";
  out += "    \"\") [[ $cur == -* ]] || COMPREPLY=($(compgen -W \"" + joined(first_words()) + "\" -- \"$cur\")) ;;\n";
  for (const auto first : first_words()) {
    const auto seconds = second_words(first);
    if (!seconds.empty()) out += "    " + std::string(first) + ") COMPREPLY=($(compgen -W \"" + joined(seconds) + "\" -- \"$cur\")) ;;\n";
  }
  for (const Command& command : commands()) {
    out += "    \"" + std::string(command.name) + "\")\n      case $prev in\n";
    std::string names;
    for (const Flag* flag : all_flags(command)) {
      names += " " + std::string(flag->name);
      if (flag->takes == Takes::nothing) continue;
      const std::string words = bash_words(flag->takes, flag->value);
      out += "        " + (flag->letter != 0 ? std::string("-") + flag->letter + "|" : "") + std::string(flag->name) + ") " + words +
             (words.empty() ? "" : "; ") + "return ;;\n";
    }
    out += "      esac\n      flags+=\"" + names + "\"\n";
    std::string words;
    if (command.name == "completion") words = bash_words(Takes::choice, "bash|zsh|fish");
    else if (!positionals_of(command).empty()) words = bash_words(positionals_of(command).back().takes, "");
    if (!words.empty()) out += "      [[ $cur == -* ]] || " + words + "\n";
    out += "      ;;\n";
  }
  out +=
      "  esac\n"
      "  if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W \"$flags\" -- \"$cur\")); fi\n"
      "}\n"
      "complete -o filenames -F _mlopsctl mlopsctl\n";
  return out;
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += "'\\''";
    else out += c;
  }
  return out + "'";
}

// Inside a zsh _arguments or _describe item: brackets and colons have a meaning there.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(Takes takes, std::string_view value) {
  if (takes == Takes::choice) return "(" + choices_of(value) + ")";
  if (takes == Takes::file) return "_files";
  if (takes == Takes::folder) return "_files -/";
  if (!names_kind(takes).empty()) return "{compadd $(mlopsctl completion --names " + std::string(names_kind(takes)) + " 2>/dev/null)}";
  return " ";
}

std::string zsh_command(const Command& command, const std::string& indent) {
  std::string out = indent + "_arguments -s";
  for (const Flag* flag : all_flags(command)) {
    const std::string value =
        flag->takes == Takes::nothing ? "" : ":" + zsh_text(flag->takes == Takes::choice ? "which" : flag->value) + ":" + zsh_action(flag->takes, flag->value);
    const std::string star = flag->repeatable ? "*" : "";
    out += " \\\n" + indent + "  " + single_quoted(star + std::string(flag->name) + "[" + zsh_text(flag->doc) + "]" + value);
    if (flag->letter != 0) out += " \\\n" + indent + "  " + single_quoted(star + "-" + flag->letter + "[" + zsh_text(flag->doc) + "]" + value);
  }
  for (const Positional& positional : positionals_of(command)) {
    const std::string action = command.name == "completion" ? "(bash zsh fish)" : zsh_action(positional.takes, "");
    out += " \\\n" + indent + "  " + single_quoted(std::string(positional.max < 0 ? "*" : "") + ":" + zsh_text(positional.name) + ":" + action);
  }
  return out + "\n";
}

std::string zsh_script() {
  std::string out = "#compdef mlopsctl\n# mlopsctl completion for zsh; written by `mlopsctl completion zsh`\n_mlopsctl() {\n  local -a names\n";
  out += "  if (( CURRENT == 2 )); then\n    names=(\n";
  for (const auto first : first_words()) {
    const Command* command = find_command(first);
    out += "      " + single_quoted(std::string(first) + ":" + zsh_text(command != nullptr ? command->summary : joined(second_words(first), ", "))) + "\n";
  }
  out += "    )\n    _describe command names\n    return\n  fi\n  case $words[2] in\n";
  for (const auto first : first_words()) {
    const auto seconds = second_words(first);
    out += "    " + std::string(first) + ")\n";
    if (seconds.empty()) {
      out += "      shift words; (( CURRENT-- ))\n" + zsh_command(*find_command(first), "      ");
    } else {
      out += "      if (( CURRENT == 3 )); then compadd " + joined(seconds) + "; return; fi\n      case $words[3] in\n";
      for (const auto second : seconds)
        out += "        " + std::string(second) + ")\n          shift 2 words; (( CURRENT -= 2 ))\n" +
               zsh_command(*find_command(std::string(first) + " " + std::string(second)), "          ") + "          ;;\n";
      out += "      esac\n";
    }
    out += "      ;;\n";
  }
  return out + "  esac\n}\ncompdef _mlopsctl mlopsctl\n";
}

std::string fish_values(Takes takes, std::string_view value) {
  if (takes == Takes::nothing) return "";
  if (takes == Takes::file || takes == Takes::folder) return " -r -F";
  if (takes == Takes::choice) return " -x -a " + single_quoted(choices_of(value));
  if (!names_kind(takes).empty()) return " -x -a '(mlopsctl completion --names " + std::string(names_kind(takes)) + " 2>/dev/null)'";
  return " -x";
}

std::string fish_script() {
  std::string out = "# mlopsctl completion for fish; written by `mlopsctl completion fish`\ncomplete -c mlopsctl -f\n";
  for (const auto first : first_words()) {
    const Command* command = find_command(first);
    out += "complete -c mlopsctl -n __fish_use_subcommand -a " + std::string(first) + " -d " +
           single_quoted(command != nullptr ? std::string(command->summary) : joined(second_words(first), ", ")) + "\n";
  }
  for (const Command& command : commands()) {
    const Words words = words_of(command);
    std::string when = "__fish_seen_subcommand_from " + std::string(words.first);
    if (!words.second.empty()) {
      out += "complete -c mlopsctl -n '" + when + "; and not __fish_seen_subcommand_from " + joined(second_words(words.first)) + "' -a " +
             std::string(words.second) + " -d " + single_quoted(command.summary) + "\n";
      when += "; and __fish_seen_subcommand_from " + std::string(words.second);
    }
    const std::string head = "complete -c mlopsctl -n '" + when + "'";
    for (const Flag* flag : all_flags(command))
      out += head + " -l " + std::string(flag->name.substr(2)) + (flag->letter != 0 ? std::string(" -s ") + flag->letter : "") +
             fish_values(flag->takes, flag->value) + " -d " + single_quoted(flag->doc) + "\n";
    if (command.name == "completion") out += head + " -a 'bash zsh fish'\n";
    else if (!positionals_of(command).empty() && !names_kind(positionals_of(command).back().takes).empty())
      out += head + " -a '(mlopsctl completion --names " + std::string(names_kind(positionals_of(command).back().takes)) + " 2>/dev/null)'\n";
  }
  return out;
}

}  // namespace

Result<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  if (shell == "fish") return fish_script();
  return usage_error("no completion for \"" + std::string(shell) + "\"", "use one of: bash, zsh, fish");
}

}  // namespace mlopsctl::cli
