// Answer: what a command has to say, as one value. `--json` prints the value; people get tables and sentences that point into it,
// so the two can never disagree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.hpp"
#include "pipeline/base/json.hpp"

namespace mlopsctl::cli {

enum class As { text, number /* 4 digits after the point */, integer, percent, seconds, bytes, digest /* shortened */, time /* to the second */, state };

struct Column {
  std::string key;  // of each row's object; "a.b" reaches into objects
  std::string title;
  As as = As::text;
  bool whole = false;  // never cut on a narrow terminal: an id that the user has to type again
};

struct Block {
  enum class Kind { line, table, verbatim };
  Kind kind = Kind::line;
  std::string text;             // line: a sentence; verbatim: printed as it is; table: key of the rows in the value
  std::vector<Column> columns;  // of a table
  Style style = Style::plain;   // of a line
  size_t limit = 0;             // rows of a table shown to people; 0: all
};

class Answer {
 public:
  Answer() = default;
  explicit Answer(Json value) : value(std::move(value)) {}

  Answer& line(std::string text, Style style = Style::plain);
  Answer& table(std::string key, std::vector<Column> columns, size_t limit = 0);
  Answer& verbatim(std::string text);

  Json value = Json::object();
  std::vector<Block> blocks;
  int exit_code = 0;
  bool streamed = false;  // --json: the value is the last of a stream of JSON lines, so it goes on one line
  bool aside = false;     // stdout carries something else (predict --output -): the sentences go to stderr
};

std::string as_json(const Answer& answer);
std::string as_text(const Answer& answer, const Screen& screen);

// One cell of a table: null is "-".
std::string cell(const Json& value, As as);
std::string human_bytes(uint64_t bytes);

}  // namespace mlopsctl::cli
