// How many columns of a terminal a text fills: wide characters (East Asian, emoji) fill two, combining marks none.
#pragma once

#include <string>
#include <string_view>

namespace mlopsctl::cli {

// Columns of UTF-8 text without escape sequences; invalid bytes count one each.
int display_width(std::string_view text);
// The longest prefix that fits `width` columns; when something had to go, the last column is an ellipsis (".", or "…" in UTF-8).
std::string fit(std::string_view text, int width, bool utf8);
// Fits, then pads with blanks to exactly `width` columns.
std::string pad(std::string_view text, int width, bool utf8, bool right = false);
// Control characters as visible escapes, so that no text from a file moves the cursor.
std::string printable(std::string_view text);

}  // namespace mlopsctl::cli
