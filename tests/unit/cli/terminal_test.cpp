#include "cli/terminal.hpp"

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <map>

namespace mlopsctl::cli {
namespace {

Variables with(std::map<std::string, std::string, std::less<>> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

class Terminal : public ::testing::Test {
 protected:
  void SetUp() override {
    winsize size{};
    size.ws_col = 101;
    size.ws_row = 33;
    if (::openpty(&leader_, &follower_, nullptr, nullptr, &size) != 0) GTEST_SKIP() << "no pseudo-terminal can be made here";
  }
  void TearDown() override {
    ::close(leader_);
    ::close(follower_);
  }
  int leader_ = -1, follower_ = -1;
};

TEST_F(Terminal, IsRecognised) {
  const Screen screen = look_at(follower_, ColorChoice::automatic, with({{"TERM", "xterm"}, {"LANG", "en_US.UTF-8"}}));
  EXPECT_TRUE(screen.terminal);
  EXPECT_TRUE(screen.color);
  EXPECT_TRUE(screen.utf8);
  EXPECT_EQ(screen.width, 101);
  EXPECT_EQ(screen.height, 33);
}

TEST_F(Terminal, NoColorIsHonoured) {
  EXPECT_FALSE(look_at(follower_, ColorChoice::automatic, with({{"TERM", "xterm"}, {"NO_COLOR", "1"}})).color);
  EXPECT_TRUE(look_at(follower_, ColorChoice::automatic, with({{"TERM", "xterm"}, {"NO_COLOR", ""}})).color);
  EXPECT_TRUE(look_at(follower_, ColorChoice::always, with({{"TERM", "xterm"}, {"NO_COLOR", "1"}})).color);
  EXPECT_FALSE(look_at(follower_, ColorChoice::never, with({{"TERM", "xterm"}})).color);
}

TEST_F(Terminal, ADumbOneGetsNoDecoration) {
  const Screen screen = look_at(follower_, ColorChoice::automatic, with({{"TERM", "dumb"}}));
  EXPECT_FALSE(screen.terminal);
  EXPECT_FALSE(screen.color);
  EXPECT_FALSE(screen.utf8);
}

TEST(NoTerminal, HasNoColourUnlessAlways) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const auto variables = with({{"TERM", "xterm"}, {"COLUMNS", "60"}, {"LC_ALL", "C"}, {"LANG", "de_DE.UTF-8"}});
  EXPECT_FALSE(look_at(ends[1], ColorChoice::automatic, variables).color);
  EXPECT_TRUE(look_at(ends[1], ColorChoice::always, variables).color);
  EXPECT_FALSE(look_at(ends[1], ColorChoice::automatic, variables).terminal);
  EXPECT_FALSE(look_at(ends[1], ColorChoice::automatic, variables).utf8);
  EXPECT_EQ(look_at(ends[1], ColorChoice::automatic, variables).width, 60);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Paint, IsPlainWithoutColour) {
  Screen screen;
  EXPECT_EQ(screen.paint(Style::red, "x"), "x");
  screen.color = true;
  EXPECT_EQ(screen.paint(Style::red, "x"), "\x1b[31mx\x1b[0m");
}

}  // namespace
}  // namespace mlopsctl::cli
