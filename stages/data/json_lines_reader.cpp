#include "stages/data/json_lines_reader.hpp"

#include <algorithm>
#include <cctype>

#include "pipeline/base/json.hpp"
#include "stages/data/scan.hpp"
#include "stages/data/utf8.hpp"

namespace mlopsctl::data {

namespace {

// Where nlohmann-json says it stopped ("at line 1, column 17: "), from 0.
size_t stopped_at(std::string_view message) {
  const size_t found = message.find("column ");
  if (found == std::string_view::npos) return 0;
  size_t column = 0;
  for (size_t i = found + 7; i < message.size() && std::isdigit(static_cast<unsigned char>(message[i])) != 0; ++i)
    column = column * 10 + static_cast<size_t>(message[i] - '0');
  return column == 0 ? 0 : column - 1;
}

std::string_view kind_of(const Json& value) {
  if (value.is_array()) return "a list";
  if (value.is_object()) return "an object";
  if (value.is_string()) return "a string";
  if (value.is_number()) return "a number";
  if (value.is_boolean()) return "a boolean";
  return "null";
}

// The line as an object; the error's span points into the line where the parser says where it stopped.
Result<Json> parse_line(const RecordPlace& place) {
  Result<Json> parsed = parse_json(place.bytes, "line");
  if (!parsed.ok()) {
    const std::string_view said = parsed.error().message;
    const size_t detail = said.find(": syntax error");
    Error fault = stage_error(detail == std::string_view::npos ? std::string(said.substr(said.starts_with("line: ") ? 6 : 0))
                                                               : "not valid JSON: " + std::string(said.substr(detail + 2)));
    fault.span = span_at(place, std::min(stopped_at(said), place.bytes.size()));
    fault.hint = "write one JSON object per line, for example {\"text\": \"...\", \"label\": \"...\"}";
    return fault;
  }
  if (!parsed->is_object()) {
    Error fault = stage_error("found " + std::string(kind_of(*parsed)) + ", expected a JSON object");
    fault.span = span_at(place, 0);
    fault.hint = "write one JSON object per line, for example {\"text\": \"...\", \"label\": \"...\"}";
    return fault;
  }
  return parsed;
}

void append_cell(std::string& out, const Json& value) {
  if (value.is_null()) return;
  if (value.is_string()) out += value.get_ref<const std::string&>();
  else out += canonical(value);
}

// Where `key` is written; where it is not, or with escapes, the start of the line.
size_t place_of_key(std::string_view line, const std::string& key) {
  const size_t at = line.find("\"" + key + "\"");
  return at == std::string_view::npos ? 0 : at;
}

size_t place_of_value(std::string_view line, const std::string& key) {
  const size_t at = place_of_key(line, key);
  if (at == 0) return 0;
  return std::min(line.find_first_not_of(" \t:", at + key.size() + 2), line.size());
}

}  // namespace

Result<std::vector<std::string>> JsonLinesReader::open() {
  TRY(skip_mark());
  Record record;
  BadRecord bad;
  TRY_ASSIGN(const Next got, next(record, bad));
  if (got == Next::end) return empty("JSON objects");
  if (got == Next::bad) return std::move(bad.fault).note("while reading the first line of " + origin_);
  first_number_ = record.line;
  first_waits_ = true;
  records_ = 0;
  return columns_;
}

bool JsonLinesReader::decode(std::string_view line, std::string_view& text, BadRecord& bad) {
  text = line;
  const RecordPlace here = {origin_, line_, line};
  if (line.find('\0') != std::string_view::npos) {
    bad = nul_fault(here);
    return false;
  }
  const bool ascii = ascii_prefix(line.data(), line.size()) == line.size();
  if (ascii || (options_.encoding != Encoding::latin1 && is_utf8(line))) return true;
  if (options_.encoding == Encoding::utf8) {
    bad = bad_utf8_fault(here);
    return false;
  }
  converted_.clear();
  append_latin1(converted_, line);
  text = converted_;
  return true;
}

Result<Next> JsonLinesReader::next(Record& record, BadRecord& bad) {
  if (first_waits_) {
    first_waits_ = false;
    return take_line(first_line_, first_number_, record, bad);
  }
  TRY(skip_line());
  while (true) {
    if (window_.size() == 0 && window_.complete()) return Next::end;
    const std::string_view rest(window_.begin(), window_.size());
    const size_t newline = rest.find('\n');
    if (newline == std::string_view::npos && !window_.complete()) {
      if (window_.size() > options_.max_record) return too_long(bad);
      TRY(window_.more());
      continue;
    }
    std::string_view line = rest.substr(0, newline);
    const size_t length = line.size() + (newline == std::string_view::npos ? 0 : 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) {
      pass(length, 1);
      continue;
    }
    std::string_view text;
    const int64_t number = line_;
    const bool decoded = decode(line, text, bad);
    pass(length, 1);
    return decoded ? take_line(text, number, record, bad) : Next::bad;
  }
}

bool JsonLinesReader::unexpected(const Json& object, const RecordPlace& here, BadRecord& bad) const {
  const auto refuse = [&](size_t at, std::string message, std::string hint) {
    bad = bad_record(here, at, std::move(message), std::move(hint), here.bytes);
    return true;
  };
  for (const auto* columns : {&expected_.scalars, &expected_.texts})
    for (const size_t column : *columns) {
      const std::string& key = columns_[column];
      const auto found = object.find(key);
      const std::string hint = "write a string: {\"" + key + "\": \"...\"}";
      const bool text = columns == &expected_.texts;
      if (found == object.end() && text) return refuse(0, "found no \"" + key + "\", expected a text", hint);
      if (found != object.end() && (found->is_structured() || (text && found->is_null())))
        return refuse(place_of_value(here.bytes, key), "found " + std::string(kind_of(*found)) + " in \"" + key + "\", expected a text", hint);
    }
  for (const std::string& key : expected_.absent)
    if (object.contains(key))
      return refuse(place_of_key(here.bytes, key), "the key \"" + key + "\" is there already", "remove it, or name the added key otherwise");
  if (!expected_.no_other_keys) return false;
  for (const auto& item : object.items())
    if (!std::binary_search(columns_.begin(), columns_.end(), item.key()))
      return refuse(place_of_key(here.bytes, item.key()), "found the key \"" + item.key() + "\", which the first object does not have, and so no column for it",
                    "write JSON Lines, which keep every key, or name the columns to keep");
  return false;
}

Next JsonLinesReader::take_line(std::string_view line, int64_t number, Record& record, BadRecord& bad) {
  const RecordPlace here = {origin_, number, line};
  Result<Json> parsed = parse_line(here);
  if (!parsed.ok()) {
    bad = {std::move(parsed).error(), std::string(line.substr(0, 4096))};
    return Next::bad;
  }
  if (!has_columns_) {
    for (const auto& item : parsed->items()) columns_.push_back(item.key());
    has_columns_ = true;
    first_line_ = line;
  }
  if (unexpected(*parsed, here, bad)) return Next::bad;
  cells_.clear();
  ends_.clear();
  for (size_t i = 0; i < columns_.size(); ++i) {
    const auto found = parsed->find(columns_[i]);
    if (found != parsed->end()) append_cell(cells_, *found);
    ends_.push_back(cells_.size());
  }
  if (cells_.find('\0') != std::string::npos) {
    bad = bad_record(here, std::min(line.find("\\u0000"), line.size()), "found a NUL character, expected text", "remove the \\u0000", line);
    return Next::bad;
  }
  record.number = ++records_;
  record.line = number;
  record.object = line;
  record.fields.clear();
  size_t start = 0;
  for (const size_t end : ends_) {
    record.fields.push_back(std::string_view(cells_).substr(start, end - start));
    start = end;
  }
  return Next::record;
}

}  // namespace mlopsctl::data
