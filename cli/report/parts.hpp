// Pieces of HTML that all pages are put together from.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/base/json.hpp"
#include "pipeline/engine/verdict.hpp"

namespace mlopsctl::cli::report {

// A class of the style sheet: good, bad, warn.
std::string tone(engine::Outcome outcome);
std::string badge(std::string_view text, std::string_view tone);
std::string card(std::string_view title, std::string_view body, std::string_view css_class = "");
std::string code(std::string_view text);

// A table that scrolls by itself where it is too wide, with a finger as with the arrow keys; `name` is what a screen reader says. `rows`: its whole markup.
std::string scrolling(std::string_view name, std::string_view rows);
// A value of such a table: four digits after the point, of what would be none of them "4e-09".
std::string plain(const Json& value);
// {"title", "columns": [...], "rows": [[...], ...]}: the shape in which every kind of stage says what it found. Without the heading.
std::string table(const Json& found);
std::string checks_table(const engine::Verdict& verdict);
// A picture with its heading, and the same figures as a table to open below it.
std::string figure(std::string_view title, std::string_view picture, const Json& as_table);

// Everything around the cards.
std::string whole_page(std::string_view title, std::string_view body);

// What is not there is null, and no number 0.
const Json& member(const Json& object, const char* key);
double number_of(const Json& value);

}  // namespace mlopsctl::cli::report
