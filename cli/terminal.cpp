#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>

namespace mlopsctl::cli {

namespace {

std::string_view code_of(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "1";
    case Style::dim:
      return "2";
    case Style::red:
      return "31";
    case Style::green:
      return "32";
    case Style::yellow:
      return "33";
    case Style::cyan:
      return "36";
  }
  return "";
}

bool names_utf8(const Variables& variables) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto value = variables(name);
    if (!value || value->empty()) continue;
    return value->find("UTF-8") != std::string::npos || value->find("utf8") != std::string::npos || value->find("utf-8") != std::string::npos;
  }
  return false;
}

}  // namespace

std::string Screen::paint(Style style, std::string_view text) const {
  if (!color || style == Style::plain) return std::string(text);
  return "\x1b[" + std::string(code_of(style)) + "m" + std::string(text) + "\x1b[0m";
}

Screen look_at(int fd, ColorChoice choice, const Variables& variables) {
  Screen screen;
  const bool dumb = variables("TERM").value_or("dumb") == "dumb";
  const bool tty = ::isatty(fd) == 1;
  screen.terminal = tty && !dumb;
  const bool no_color = !variables("NO_COLOR").value_or("").empty();
  screen.color = choice == ColorChoice::always || (choice == ColorChoice::automatic && screen.terminal && !no_color);
  screen.utf8 = names_utf8(variables);
  winsize size{};
  if (tty && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    screen.width = size.ws_col;
    if (size.ws_row > 0) screen.height = size.ws_row;
  } else if (const auto columns = variables("COLUMNS")) {
    int value = 0;
    std::from_chars(columns->data(), columns->data() + columns->size(), value);
    if (value >= 20 && value <= 1000) screen.width = value;
  }
  return screen;
}

}  // namespace mlopsctl::cli
