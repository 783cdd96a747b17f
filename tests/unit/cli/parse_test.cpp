#include "cli/parse.hpp"

#include <gtest/gtest.h>

#include "cli/command.hpp"

namespace mlopsctl::cli {
namespace {

Arguments parsed(const std::vector<std::string>& words) {
  auto arguments = parse(words);
  EXPECT_TRUE(arguments.ok()) << (arguments.ok() ? "" : arguments.error().message);
  return arguments.ok() ? *arguments : Arguments();
}

std::string refused(const std::vector<std::string>& words) {
  const auto arguments = parse(words);
  if (arguments.ok()) return "accepted";
  EXPECT_EQ(arguments.error().kind, ErrorKind::usage);
  return arguments.error().message + " | " + arguments.error().hint;
}

TEST(Parse, TakesSharedOptionsBeforeAndAfterTheCommand) {
  const auto arguments = parsed({"-C", "there", "run", "-f", "a.yaml", "--json", "-f", "b.yaml", "-j", "3", "--set", "seed=-1"});
  EXPECT_EQ(arguments.command->name, "run");
  EXPECT_EQ(arguments.value("--directory"), "there");
  EXPECT_EQ(arguments.values("--file"), (std::vector<std::string>{"a.yaml", "b.yaml"}));
  EXPECT_EQ(arguments.integer("--jobs"), 3);
  EXPECT_EQ(arguments.values("--set"), (std::vector<std::string>{"seed=-1"}));
  EXPECT_TRUE(arguments.has("--json"));
  EXPECT_FALSE(arguments.has("--verbose"));
}

TEST(Parse, TakesAnOptionsValueAlsoWhenItLooksLikeAnOption) { EXPECT_EQ(parsed({"report", "--output", "-"}).value("--output"), "-"); }

TEST(Parse, AStageMayBeCalledLikeACommand) {
  const auto arguments = parsed({"run", "plan", "version", "--force"});
  EXPECT_EQ(arguments.command->name, "run");
  EXPECT_EQ(arguments.positional_values("STAGE"), (std::vector<std::string>{"plan", "version"}));
  EXPECT_TRUE(arguments.has("--force"));
}

TEST(Parse, KnowsCommandsOfTwoWords) {
  EXPECT_EQ(parsed({"cache", "gc", "--keep-runs", "2"}).command->name, "cache gc");
  EXPECT_EQ(parsed({"model", "alias", "a", "b"}).positional("MODEL"), "b");
}

TEST(Parse, FillsInDefaultsFromTheTable) {
  const auto arguments = parsed({"history"});
  EXPECT_EQ(arguments.integer("--limit"), 20);
  EXPECT_EQ(arguments.value("--color"), "auto");
  EXPECT_EQ(parsed({"report"}).value("--format"), "html");
}

TEST(Parse, TheLastOfSeveralValuesCounts) { EXPECT_EQ(parsed({"history", "-n", "1", "-n", "7"}).integer("--limit"), 7); }

TEST(Parse, AsksForHelp) {
  EXPECT_TRUE(parsed({"--help"}).help);
  EXPECT_EQ(parsed({"--help"}).command, nullptr);
  EXPECT_EQ(parsed({"predict", "-h"}).command->name, "predict");
  EXPECT_EQ(parsed({"cache", "--help"}).help_topic, "cache");
  EXPECT_EQ(parsed({}).command, nullptr);
}

TEST(Parse, SuggestsACommand) {
  EXPECT_EQ(refused({"rnu"}), "unknown command \"rnu\" | did you mean `mlopsctl run`?");
  EXPECT_EQ(refused({"cache", "verfy"}), "unknown command \"cache verfy\" | did you mean `mlopsctl cache verify`?");
  EXPECT_EQ(refused({"cache", "zzzzz"}), "unknown command \"cache zzzzz\" | use one of: gc, verify");
  EXPECT_EQ(refused({"zzzzzzzz"}), "unknown command \"zzzzzzzz\" | `mlopsctl --help` lists the commands");
  EXPECT_EQ(refused({"cache"}), "`mlopsctl cache` needs a command | use one of: gc, verify");
}

TEST(Parse, SuggestsAnOption) {
  EXPECT_EQ(refused({"run", "--jsno"}), "unknown option --jsno for `mlopsctl run` | did you mean --json?");
  EXPECT_EQ(refused({"plan", "--detailed-exit-code"}), "unknown option --detailed-exit-code for `mlopsctl plan` | did you mean --detailed-exitcode?");
  EXPECT_EQ(refused({"run", "-q"}), "unknown option -q for `mlopsctl run` | see `mlopsctl run --help`");
  EXPECT_EQ(refused({"--version"}), "unknown option --version | run `mlopsctl version`");
}

TEST(Parse, RefusesASharedOptionWhereItMakesNoSense) {
  EXPECT_EQ(refused({"version", "-f", "a.yaml"}), "unknown option --file for `mlopsctl version` | see `mlopsctl version --help`");
}

TEST(Parse, RefusesWhatIsTooMuch) {
  EXPECT_EQ(refused({"explain", "a", "b"}), "unexpected argument \"b\" for `mlopsctl explain` | see `mlopsctl explain --help`");
}

TEST(Parse, RefusesWrongValues) {
  EXPECT_EQ(refused({"run", "-j", "two"}), "--jobs: expected a whole number, got \"two\" | use a value such as --jobs 4");
  EXPECT_EQ(refused({"run", "--color", "blue"}), "--color: expected one of auto, always, never, got \"blue\" | see `mlopsctl run --help`");
  EXPECT_EQ(refused({"run", "--runner", "pod"}), "--runner: expected one of process, thread, got \"pod\" | see `mlopsctl run --help`");
  EXPECT_EQ(refused({"run", "--set", ""}), "--set: expected KEY=VALUE, got nothing | see `mlopsctl run --help`");
  EXPECT_EQ(refused({"run", "-f"}), "option -f needs a value | see `mlopsctl run --help`");
}

TEST(Parse, NamesWhatIsMissing) {
  EXPECT_EQ(refused({"explain"}), "argument STAGE is missing | mlopsctl explain fit");
  EXPECT_EQ(refused({"predict", "--model", "m"}), "option --input FILE is missing | mlopsctl predict --model feedback --input new.csv --output labelled.csv");
}

}  // namespace
}  // namespace mlopsctl::cli
