#include "stages/data/faults.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "stages/data/utf8.hpp"

namespace mlopsctl::data {

namespace {

constexpr size_t longest_excerpt = 200;
constexpr size_t longest_raw = 4096;

std::string printable(std::string_view line) {
  std::string shown(line);
  const bool utf8 = is_utf8(line);
  for (char& c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '\t') c = ' ';
    else if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8)) c = '?';
  }
  return shown;
}

std::string hex(unsigned char byte) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%02X", byte);
  return text;
}

}  // namespace

SourceSpan span_at(const RecordPlace& place, size_t at, int length) {
  const std::string_view before = place.bytes.substr(0, at);
  const size_t newline = before.rfind('\n');
  const size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
  const size_t line_end = std::min(place.bytes.find('\n', at), place.bytes.size());

  SourceSpan span;
  span.file = place.origin;
  span.line = static_cast<int>(place.line + std::count(before.begin(), before.end(), '\n'));
  span.column = static_cast<int>(at - line_start) + 1;
  span.length = length;
  std::string_view line = place.bytes.substr(line_start, line_end - line_start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() <= longest_excerpt) span.excerpt = printable(line);
  return span;
}

Error row_fault(const std::string& origin, int64_t line, std::string message) {
  Error fault = stage_error(std::move(message));
  fault.span = SourceSpan{origin, static_cast<int>(line), 1, 1, {}};
  return fault;
}

Error together(std::vector<Error> faults) {
  Error first = std::move(faults.front());
  first.also.insert(first.also.end(), std::make_move_iterator(faults.begin() + 1), std::make_move_iterator(faults.end()));
  return first;
}

BadRecord bad_record(const RecordPlace& place, size_t at, std::string message, std::string hint, std::string_view consumed) {
  BadRecord bad;
  bad.fault = stage_error(std::move(message)).with_hint(std::move(hint));
  bad.fault.span = span_at(place, at);
  bad.raw = consumed.substr(0, longest_raw);
  while (bad.raw.ends_with('\n') || bad.raw.ends_with('\r')) bad.raw.pop_back();
  return bad;
}

BadRecord nul_fault(const RecordPlace& place) {
  const size_t at = std::min(place.bytes.find('\0'), place.bytes.size());
  return bad_record(place, at, "found a NUL byte, expected text",
                    "remove it: `tr -d '\\000' < " + std::string(place.origin) + "`, or convert a UTF-16 file with iconv", place.bytes);
}

BadRecord bad_utf8_fault(const RecordPlace& place) {
  const size_t at = first_invalid_utf8(place.bytes);
  return bad_record(place, at, "found byte " + hex(static_cast<unsigned char>(place.bytes[at])) + ", expected UTF-8",
                    "set `encoding: latin-1`, or `encoding: auto` to decide record by record", place.bytes);
}

}  // namespace mlopsctl::data
