// CsvParser: one CSV record out of a buffer. RFC 4180, except that a quote inside an unquoted field is text, and that any line end
// (\n or \r\n) ends a record outside quotes. Knows nothing of files, headers or encodings.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "stages/data/scan.hpp"

namespace mlopsctl::data {

class CsvParser {
 public:
  enum class Outcome {
    record,           // fields are known; length() bytes make the record with its line end
    blank,            // an empty line of length() bytes
    need_more,        // the record does not end within the buffer
    unclosed_quote,   // fault_at() is the opening quote; the buffer ends inside it
    text_after_quote  // fault_at() is the byte after the closing quote
  };

  // A field before unescaping: [begin, end) without its outer quotes; `escapes` doubled quotes inside, the first at `first_escape`.
  struct Field {
    char* begin;
    char* end;
    char* first_escape;
    uint32_t escapes;
  };

  CsvParser(char delimiter, bool quotes) : delimiter_(delimiter), quotes_(quotes) {}

  // `last`: nothing follows `end`. The `scan_slack` bytes after `end` must be readable.
  Outcome parse(char* begin, char* end, bool last);

  const std::vector<Field>& fields() const { return fields_; }
  size_t length() const { return length_; }
  uint64_t newlines() const { return newlines_; }  // in the record, its line end included
  bool maybe_high() const { return seen_.high; }   // a byte >= 0x80 may be in it
  bool maybe_nul() const { return seen_.nul; }
  const char* fault_at() const { return fault_; }

  // Takes the doubled quotes out, in place; afterwards the buffer no longer holds the record as it was written.
  static std::string_view unescape(const Field& field);

 private:
  Outcome finish(char* begin, char* after_line, uint64_t newlines);

  char delimiter_;
  bool quotes_;
  std::vector<Field> fields_;
  size_t length_ = 0;
  uint64_t newlines_ = 0;
  Seen seen_;
  const char* fault_ = nullptr;
};

}  // namespace mlopsctl::data
