#include "cli/help.hpp"

#include <algorithm>
#include <vector>

#include "cli/text_width.hpp"

namespace mlopsctl::cli {

namespace {

constexpr int page_width = 80;

std::string_view title_of(Group group) {
  switch (group) {
    case Group::main:
      return "Main commands";
    case Group::inspect:
      return "Inspect";
    case Group::models:
      return "Models";
    case Group::cluster:
      return "Cluster";
    case Group::utility:
      return "Utility";
  }
  return "";
}

struct Row {
  std::string left;
  std::string right;
};

// Two columns; a left part that is too long gets its own line.
std::string rows_text(const std::vector<Row>& rows, int widest) {
  int column = 0;
  for (const Row& row : rows) {
    const int width = display_width(row.left);
    if (width <= widest) column = std::max(column, width);
  }
  std::string out;
  const int start = 2 + column + 2;
  for (const Row& row : rows) {
    const std::string body = wrap(row.right, page_width, start);
    if (display_width(row.left) > column) out += "  " + row.left + "\n" + body;
    else out += "  " + pad(row.left, column, false) + "  " + body.substr(std::min(body.size(), static_cast<size_t>(start)));
  }
  return out;
}

std::string flag_text(const Flag& flag) {
  std::string text = flag.letter != 0 ? std::string("-") + flag.letter + ", " : "    ";
  text += flag.name;
  if (flag.takes != Takes::nothing) text += " " + std::string(flag.takes == Takes::choice ? "WHICH" : flag.value);
  return text;
}

Row flag_row(const Flag& flag) {
  std::string doc(flag.doc);
  if (flag.takes == Takes::choice) doc += ": " + std::string(flag.value);
  if (!flag.fallback.empty()) doc += " [default: " + std::string(flag.fallback) + "]";
  if (flag.repeatable) doc += " (may be repeated)";
  if (flag.required) doc += " (required)";
  return {flag_text(flag), doc};
}

std::string heading(std::string_view text, const Screen& screen) { return "\n" + screen.paint(Style::bold, std::string(text)) + "\n"; }

std::string shared_text(const Command* command) {
  std::vector<Row> rows;
  for (const Flag& flag : shared_flags()) {
    if (command == nullptr || honours(*command, flag)) rows.push_back(flag_row(flag));
  }
  rows.push_back({"-h, --help", "show this"});
  return rows_text(rows, 26);
}

constexpr std::string_view contract =
    "0 yes, done  1 a truthful no (gate failed, drift found, runs differ)\n"
    "2 wrong command line or pipeline file  3 a stage failed\n"
    "4 the cluster refused  5 out of time  6 an alert was not sent  130 interrupted\n"
    "Any other code is a failure, too.";

}  // namespace

std::string wrap(std::string_view text, int width, int indent) {
  const std::string blanks(static_cast<size_t>(indent), ' ');
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view paragraph = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::string line;
    while (!paragraph.empty()) {
      const size_t blank = std::min(paragraph.find(' '), paragraph.size());
      const std::string_view word = paragraph.substr(0, blank);
      paragraph.remove_prefix(std::min(blank + 1, paragraph.size()));
      if (!line.empty() && indent + display_width(line) + 1 + display_width(word) > width) {
        out += blanks + line + "\n";
        line.clear();
      }
      if (!line.empty()) line += ' ';
      line += word;
    }
    out += line.empty() ? "\n" : blanks + line + "\n";
  }
  return out;
}

std::string usage_line(const Command& command) {
  std::string line = "mlopsctl " + std::string(command.name);
  if ((command.uses & uses_pipeline) != 0) line += " [-f FILE]...";
  for (const Flag& flag : flags_of(command)) {
    if (flag.required) line += " " + std::string(flag.name) + " " + std::string(flag.value);
  }
  for (const Positional& positional : positionals_of(command)) {
    std::string name(positional.name);
    if (positional.max < 0) name += "...";
    line += positional.min == 0 ? " [" + name + "]" : " " + name;
  }
  return line;
}

std::string command_help(const Command& command, const Screen& screen) {
  std::string out = screen.paint(Style::bold, "mlopsctl " + std::string(command.name)) + ": " + std::string(command.summary) + "\n";
  out += heading("Examples", screen);
  for (const Example& example : examples_of(command)) {
    out += "  " + std::string(example.line) + "\n";
    if (!example.does.empty()) out += screen.paint(Style::dim, "      " + std::string(example.does)) + "\n";
  }
  out += heading("Usage", screen) + wrap(usage_line(command) + (flags_of(command).empty() ? "" : " [options]"), page_width, 2);
  if (!command.details.empty()) out += "\n" + wrap(command.details, page_width, 0);
  std::vector<Row> rows;
  for (const Positional& positional : positionals_of(command)) rows.push_back({std::string(positional.name), std::string(positional.doc)});
  if (!rows.empty()) out += heading("Arguments", screen) + rows_text(rows, 26);
  rows.clear();
  for (const Flag& flag : flags_of(command)) rows.push_back(flag_row(flag));
  if (!rows.empty()) out += heading("Options", screen) + rows_text(rows, 26);
  out += heading("Shared options", screen) + shared_text(&command);
  rows.clear();
  for (const ExitCode& code : exit_codes_of(command)) rows.push_back({std::to_string(code.code), std::string(code.means)});
  if (!rows.empty()) out += heading("Exit codes", screen) + rows_text(rows, 26) + "  Others as in `mlopsctl --help`.\n";
  return out;
}

std::string topic_help(std::string_view topic, const Screen& screen) {
  std::string out = screen.paint(Style::bold, "mlopsctl " + std::string(topic)) + ": one of these\n";
  std::vector<Row> rows;
  for (const Command& command : commands()) {
    if (command.name.starts_with(std::string(topic) + " ")) rows.push_back({std::string(command.name), std::string(command.summary)});
  }
  return out + "\n" + rows_text(rows, 26) + "\n  `mlopsctl " + std::string(topic) + " COMMAND --help` says more.\n";
}

std::string program_help(const Screen& screen) {
  std::string out = screen.paint(Style::bold, "mlopsctl") + ": from raw text to a judged, released model, and why\n";
  out += heading("Examples", screen);
  out +=
      "  mlopsctl init && mlopsctl run     a pipeline to start from, run to its end\n"
      "  mlopsctl plan                     what would run, and why\n"
      "  mlopsctl explain fit              every cause, with old and new value\n"
      "  mlopsctl report                   one page about the last run\n";
  for (const Group group : {Group::main, Group::inspect, Group::models, Group::cluster, Group::utility}) {
    std::vector<Row> rows;
    for (const Command& command : commands()) {
      if (command.group == group) rows.push_back({std::string(command.name), std::string(command.summary)});
    }
    if (!rows.empty()) out += heading(title_of(group), screen) + rows_text(rows, 26);
  }
  out += heading("Shared options, where they make sense", screen) + shared_text(nullptr);
  out += heading("Exit codes", screen) + wrap(contract, page_width, 2);
  return out + "\n`mlopsctl COMMAND --help` opens with examples.\n";
}

}  // namespace mlopsctl::cli
