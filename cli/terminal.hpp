// What stands behind stdout and stderr: a terminal or not, how wide, with colour or not.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mlopsctl::cli {

enum class ColorChoice { automatic, always, never };

enum class Style { plain, bold, dim, red, green, yellow, cyan };

struct Screen {
  bool terminal = false;  // a person reads it as it comes
  bool color = false;
  bool utf8 = false;  // box and block characters may be used
  int width = 80;     // columns
  int height = 24;    // lines

  // The text in a style, or as it is where there is no colour.
  std::string paint(Style style, std::string_view text) const;
};

using Variables = std::function<std::optional<std::string>(std::string_view)>;

// Honours NO_COLOR (no-color.org), TERM=dumb, COLUMNS and --color. Without a terminal: no colour, unless always.
Screen look_at(int fd, ColorChoice choice, const Variables& variables);

}  // namespace mlopsctl::cli
