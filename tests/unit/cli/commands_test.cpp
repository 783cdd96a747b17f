#include <gtest/gtest.h>

#include <set>

#include "cli/command.hpp"
#include "cli/help.hpp"
#include "cli/parse.hpp"
#include "cli/reference.hpp"
#include "cli/text_width.hpp"

namespace mlopsctl::cli {
namespace {

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  for (size_t from = 0; from <= text.size();) {
    const size_t end = std::min(text.find(at, from), text.size());
    if (end > from) parts.emplace_back(text.substr(from, end - from));
    from = end + 1;
  }
  return parts;
}

void expect_narrow(const std::string& text, const std::string& whose) {
  for (const auto& line : split(text, '\n')) EXPECT_LE(display_width(line), 80) << whose << ": " << line;
}

TEST(Commands, HaveAllTheirParts) {
  std::set<std::string_view> names;
  for (const Command& command : commands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name;
    EXPECT_FALSE(examples_of(command).empty()) << command.name;
    EXPECT_NE(command.run, nullptr) << command.name;
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_FALSE(command.summary.ends_with(".")) << command.name;
    for (const Flag& flag : flags_of(command)) {
      EXPECT_TRUE(flag.name.starts_with("--")) << command.name;
      EXPECT_FALSE(flag.doc.empty()) << command.name << " " << flag.name;
      EXPECT_EQ(flag.takes == Takes::nothing, flag.value.empty()) << command.name << " " << flag.name;
      for (const Flag& other : shared_flags()) EXPECT_NE(flag.name, other.name) << command.name;
      for (const Flag& other : shared_flags()) EXPECT_TRUE(flag.letter == 0 || flag.letter != other.letter) << command.name << " " << flag.name;
    }
  }
}

TEST(Commands, HelpFitsIn80Columns) {
  expect_narrow(program_help(Screen()), "mlopsctl --help");
  for (const Command& command : commands()) {
    const std::string help = command_help(command, Screen());
    expect_narrow(help, std::string(command.name));
    const size_t examples = help.find("\nExamples\n"), usage = help.find("\nUsage\n");
    EXPECT_LT(examples, usage) << command.name;
    for (const Flag& flag : flags_of(command)) EXPECT_NE(help.find(flag.name), std::string::npos) << command.name << " " << flag.name;
  }
  expect_narrow(topic_help("cache", Screen()), "cache");
}

// Every example must parse: help that does not work is worse than none.
TEST(Commands, ExamplesParse) {
  for (const Command& command : commands()) {
    for (const Example& example : examples_of(command)) {
      std::string line(example.line);
      line = line.substr(0, line.find(" && mlopsctl"));
      std::vector<std::string> words;
      for (const auto& word : split(line, ' ')) {
        if (word[0] != '<' && word[0] != '>') words.push_back(word);
      }
      ASSERT_EQ(words.front(), "mlopsctl") << example.line;
      words.erase(words.begin());
      const auto arguments = parse(words);
      ASSERT_TRUE(arguments.ok()) << example.line << ": " << arguments.error().message;
      EXPECT_EQ(arguments->command, &command) << example.line;
    }
  }
}

TEST(Commands, UsageLinesOfTheProductStand) {
  const auto usage = [](std::string_view name) { return usage_line(*find_command(name)); };
  EXPECT_EQ(usage("run"), "mlopsctl run [-f FILE]... [STAGE...]");
  EXPECT_EQ(usage("plan"), "mlopsctl plan [-f FILE]... [STAGE...]");
  EXPECT_EQ(usage("validate"), "mlopsctl validate [-f FILE]... [STAGE...]");
  EXPECT_EQ(usage("status"), "mlopsctl status [-f FILE]... [STAGE...]");
  EXPECT_EQ(usage("render"), "mlopsctl render [-f FILE]... [STAGE...]");
  EXPECT_EQ(usage("explain"), "mlopsctl explain [-f FILE]... STAGE");
  EXPECT_EQ(usage("predict"), "mlopsctl predict --model PATH|ALIAS --input FILE --output FILE");
  EXPECT_EQ(usage("rollback"), "mlopsctl rollback NAME");
}

TEST(Commands, TheReferenceNamesEveryCommandAndOption) {
  const std::string page = command_reference();
  for (const Command& command : commands()) {
    EXPECT_NE(page.find("## mlopsctl " + std::string(command.name) + "\n"), std::string::npos);
    for (const Flag& flag : flags_of(command)) EXPECT_NE(page.find(std::string(flag.name)), std::string::npos);
  }
}

TEST(Help, WrapsWords) { EXPECT_EQ(wrap("one two three\nfour", 10, 2), "  one two\n  three\n  four\n"); }

}  // namespace
}  // namespace mlopsctl::cli
