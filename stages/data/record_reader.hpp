// RecordReader: what the readers of CSV and of JSON Lines have in common: a window on the file, the line it is at, and how a line that
// cannot be used is passed over.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stages/data/faults.hpp"
#include "stages/data/table.hpp"
#include "stages/data/window.hpp"

namespace mlopsctl::data {

class RecordReader {
 public:
  RecordReader(Window window, const TableOptions& options, std::string origin) : window_(std::move(window)), options_(options), origin_(std::move(origin)) {}
  virtual ~RecordReader() = default;

  // The columns, from the first line; where that line is a record itself it is handed out by next() all the same.
  virtual Result<std::vector<std::string>> open() = 0;
  virtual Result<Next> next(Record& record, BadRecord& bad) = 0;
  virtual void expect(Expected) {}  // see TableReader; cells of a CSV file are texts
  double progress() const { return window_.progress(); }

 protected:
  // Takes bytes with so many line ends off the window.
  void pass(size_t bytes, uint64_t newlines) {
    window_.consume(bytes);
    line_ += static_cast<int64_t>(newlines);
  }
  // The first `bytes` of the window as the record at hand.
  RecordPlace place(size_t bytes) { return {origin_, line_, {window_.begin(), bytes}}; }
  // Takes off what is left of the line, where the last record asked for it by skip_rest_of_line().
  Status skip_line();
  void skip_rest_of_line() { skipping_ = true; }
  // The record at hand does not end within max_record bytes; reading goes on after its first line.
  Next too_long(BadRecord& bad);
  // A byte order mark is passed over, UTF-16 is an error.
  Status skip_mark();
  Error empty(std::string_view expected) const;  // the file holds nothing

  Window window_;
  TableOptions options_;
  std::string origin_;
  int64_t line_ = 1;     // of window_.begin()
  int64_t records_ = 0;  // handed out

 private:
  bool skipping_ = false;
};

}  // namespace mlopsctl::data
