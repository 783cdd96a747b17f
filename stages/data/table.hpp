// Rows in: CSV (RFC 4180), TSV and JSON Lines, plain or gzip, UTF-8 or latin-1, as a stream of records in bounded memory.
//
// Beyond RFC 4180: a byte order mark, \n or \r\n line ends, a quote inside an unquoted field (it is text). Empty lines are skipped, as
// pandas does (a record whose only field is empty is written ""). A carriage return that does not precede \n is text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/result.hpp"

namespace mlopsctl::data {

enum class Format { automatic /* by file name, .gz looked through; CSV unless it says otherwise */, csv, tsv, json_lines };
// What `automatic` means for a file of that name.
Format format_of(std::string name);
// latin1 means windows-1252, as in browsers: 0x80-0x9F are curly quotes, dashes and the euro sign. automatic decides record by record:
// UTF-8 where the whole record is valid UTF-8, else latin1; one stray byte does not spoil the rest of the file.
enum class Encoding { automatic, utf8, latin1 };

struct TableOptions {
  Format format = Format::automatic;
  Encoding encoding = Encoding::automatic;
  bool header = true;             // false: columns are named "0", "1", ...
  char delimiter = 0;             // 0: ',' for CSV, tab for TSV
  bool quotes = true;             // false: '"' is an ordinary character (TSV files are often written so)
  bool by_flags = false;          // the user sets these by flags (--delimiter), not in a pipeline file: for hints
  size_t max_record = 64u << 20;  // bytes; a longer record is bad, so that one unclosed quote cannot fill the memory
};

struct Record {
  int64_t number = 0;                    // counts data records from 1
  int64_t line = 0;                      // first line of the record in the file, from 1
  std::vector<std::string_view> fields;  // as many as columns; UTF-8; valid until the next call of next()
  std::string_view object;               // of JSON Lines: all of it as it was written, UTF-8, just as long; of other formats empty
};

// A record that could not be taken: the fault with file, line and column in its span, and the raw bytes (at most 4 kB).
struct BadRecord {
  Error fault;
  std::string raw;
};

enum class Next { record, bad, end };

// What JSON Lines, where an object may hold anything, has to hold; a record that does not is bad. Cells of CSV and TSV always do.
struct Expected {
  std::vector<size_t> scalars;        // columns: no list, no object
  std::vector<size_t> texts;          // columns: there, and neither null, list nor object
  bool no_other_keys = false;         // than those of the first object
  std::vector<std::string> absent{};  // keys that nothing may have
};

class TableReader {
 public:
  // `origin` is what messages call the file (the path as the user wrote it). An empty file, an unreadable header or duplicate
  // column names are errors.
  static Result<TableReader> open(const std::filesystem::path& path, const TableOptions& options, std::string origin);
  ~TableReader();
  TableReader(TableReader&&) noexcept;

  const std::vector<std::string>& columns() const;  // of JSON Lines: the keys of the first object, sorted; other keys are ignored
  // Index of a column by name; the error lists the columns there are and the nearest name. `set_by`: how the user names it ("--text-column ").
  Result<size_t> column(std::string_view name, std::string_view set_by = {}) const;
  // To be asked for before the first next().
  void expect(Expected what);
  // The next record, or the next one that could not be taken (ragged, unclosed quote, NUL, bad encoding, bad JSON), or the end.
  // After an unclosed quote reading goes on in the line below it. I/O faults and broken gzip are errors.
  Result<Next> next(Record& record, BadRecord& bad);
  // Share of the file consumed, 0..1.
  double progress() const;

 private:
  struct Impl;
  explicit TableReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Appends one CSV record to `out`: quoted where needed, '\n' at the end.
void append_csv(std::string& out, const std::vector<std::string_view>& fields);
// Appends one record of CSV or TSV as a reader with these options takes it: its delimiter, quotes, encoding. `format` is not automatic. Without quotes no field
// may hold what ends one, as none does that was read so.
void append_record(std::string& out, const std::vector<std::string_view>& fields, const TableOptions& options, Format format);

}  // namespace mlopsctl::data
