#include "stages/data/csv_parser.hpp"

#include <cstring>

namespace mlopsctl::data {

CsvParser::Outcome CsvParser::finish(char* begin, char* after_line, uint64_t newlines) {
  length_ = static_cast<size_t>(after_line - begin);
  newlines_ = newlines;
  return Outcome::record;
}

CsvParser::Outcome CsvParser::parse(char* begin, char* end, bool last) {
  fields_.clear();
  seen_ = {};
  fault_ = nullptr;
  char* p = begin;
  while (true) {
    if (p == end && !last) return Outcome::need_more;
    if (p < end && *p == '"' && quotes_) {
      char* const opening = p++;
      Field field{p, nullptr, nullptr, 0};
      while (true) {
        char* const quote = const_cast<char*>(find_quote(p, end, seen_));
        if (quote + 1 >= end && !last) return Outcome::need_more;
        if (quote == end) {
          fault_ = opening;
          return Outcome::unclosed_quote;
        }
        if (quote + 1 < end && quote[1] == '"') {
          if (field.escapes++ == 0) field.first_escape = quote;
          p = quote + 2;
          continue;
        }
        field.end = quote;
        p = quote + 1;
        break;
      }
      fields_.push_back(field);
      if (p == end) return finish(begin, end, seen_.newlines);
      if (*p == delimiter_) {
        ++p;
        continue;
      }
      if (*p == '\r') {
        if (p + 1 == end && !last) return Outcome::need_more;
        if (p + 1 == end || p[1] == '\n') ++p;
      }
      if (p == end) return finish(begin, end, seen_.newlines);
      if (*p == '\n') return finish(begin, p + 1, seen_.newlines + 1);
      fault_ = p;
      return Outcome::text_after_quote;
    }

    char* const stop = const_cast<char*>(find_field_end(p, end, delimiter_, seen_));
    if (stop == end && !last) return Outcome::need_more;
    const bool ends_record = stop == end || *stop == '\n';
    char* field_end = stop;
    if (ends_record && field_end > p && field_end[-1] == '\r') --field_end;
    if (ends_record && fields_.empty() && field_end == begin) {
      finish(begin, stop == end ? end : stop + 1, stop == end ? 0 : 1);
      return Outcome::blank;
    }
    fields_.push_back({p, field_end, nullptr, 0});
    if (stop == end) return finish(begin, end, seen_.newlines);
    if (ends_record) return finish(begin, stop + 1, seen_.newlines + 1);
    p = stop + 1;
  }
}

std::string_view CsvParser::unescape(const Field& field) {
  if (field.escapes == 0) return {field.begin, static_cast<size_t>(field.end - field.begin)};
  char* to = field.first_escape + 1;
  const char* from = field.first_escape + 2;
  for (uint32_t left = field.escapes - 1; left > 0; --left) {
    const auto* quote = static_cast<const char*>(std::memchr(from, '"', static_cast<size_t>(field.end - from)));
    const size_t length = static_cast<size_t>(quote - from) + 1;
    std::memmove(to, from, length);
    to += length;
    from = quote + 2;
  }
  const size_t rest = static_cast<size_t>(field.end - from);
  std::memmove(to, from, rest);
  return {field.begin, static_cast<size_t>(to + rest - field.begin)};
}

}  // namespace mlopsctl::data
