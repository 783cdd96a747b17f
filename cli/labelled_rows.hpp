// Rows going out of `predict`: the input's columns and the added ones, as CSV, TSV or JSON Lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"
#include "stages/data/table.hpp"

namespace mlopsctl::cli {

// automatic: as the file name says, else CSV.
data::Format table_format(std::string_view word, const std::string& file);

// Of --delimiter; 0 where it is not given.
Result<char> delimiter_of(const Arguments& arguments);

class LabelledRows {
 public:
  // `confidence`: the last column is a number, written bare in JSON Lines.
  LabelledRows(data::Format format, std::vector<std::string> columns, bool confidence = true)
      : format_(format), columns_(std::move(columns)), confidence_(confidence) {}

  // The header (nothing for JSON Lines) and one row, appended to `out`. As many fields as columns.
  void header(std::string& out) const;
  void row(std::string& out, const std::vector<std::string_view>& fields) const;
  // JSON Lines: an object as it was written, with the last `added` of the columns added to it.
  void object(std::string& out, std::string_view object, const std::vector<std::string_view>& added) const;

 private:
  void member(std::string& out, size_t column, std::string_view value) const;

  data::Format format_;
  std::vector<std::string> columns_;
  bool confidence_;
};

}  // namespace mlopsctl::cli
