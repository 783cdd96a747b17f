// CsvReader: the records of a CSV or TSV file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stages/data/csv_parser.hpp"
#include "stages/data/record_reader.hpp"

namespace mlopsctl::data {

class CsvReader final : public RecordReader {
 public:
  CsvReader(Window window, const TableOptions& options, char delimiter, std::string origin)
      : RecordReader(std::move(window), options, std::move(origin)), parser_(delimiter, options.quotes) {}

  Result<std::vector<std::string>> open() override;
  Result<Next> next(Record& record, BadRecord& bad) override;

 private:
  Result<Next> read(Record& record, BadRecord& bad);
  Next take_fields(Record& record, BadRecord& bad);
  // Nothing when the record at hand can be taken.
  std::optional<BadRecord> fault_of(const RecordPlace& here, bool utf8);
  Next broken_quote(bool unclosed, BadRecord& bad);

  CsvParser parser_;
  std::vector<std::string> columns_;
  size_t width_ = 0;          // fields a record must have; 0 while that is unknown
  bool first_waits_ = false;  // without a header: the record that gave the width is still to be handed out
  Record first_;
  std::string converted_;  // the fields of a latin-1 record
};

}  // namespace mlopsctl::data
