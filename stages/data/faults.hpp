// Faults in a data file: where they are, what was found, and the BadRecord that carries them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stages/data/table.hpp"

namespace mlopsctl::data {

// Where a record starts, for turning a pointer into it into line and column.
struct RecordPlace {
  std::string_view origin;
  int64_t line = 1;        // of the record's first byte
  std::string_view bytes;  // the record, as far as it was read; the fault's line is cut out of it
};

// Span of `length` bytes at offset `at` of the record. Long lines carry no excerpt; bytes that are not printable show as '?'.
SourceSpan span_at(const RecordPlace& place, size_t at, int length = 1);

// A fault of the record that begins in that line.
Error row_fault(const std::string& origin, int64_t line, std::string message);

// The first of the faults, carrying the others; there is at least one.
Error together(std::vector<Error> faults);

// The fault at that offset. raw: the first 4 kB of `consumed`, what is skipped because of it.
BadRecord bad_record(const RecordPlace& place, size_t at, std::string message, std::string hint, std::string_view consumed);

BadRecord nul_fault(const RecordPlace& place);       // place.bytes holds a NUL
BadRecord bad_utf8_fault(const RecordPlace& place);  // place.bytes is not valid UTF-8

}  // namespace mlopsctl::data
