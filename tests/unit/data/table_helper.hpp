// Reads a table from text in one call, for tests.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "pipeline/base/files.hpp"
#include "stages/data/table.hpp"

namespace mlopsctl::data {

// A folder that is removed with the object.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mlopsctl-data-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

struct ReadTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> records;
  std::vector<int64_t> lines;       // of the records
  std::vector<std::string> faults;  // "data.csv:3:5: message"
  std::vector<std::string> hints, raws, excerpts;
  std::string error;  // of open() or next(), with its place when it has one
};

inline std::string described(const Error& error) {
  if (!error.span) return error.message;
  return error.span->file + ":" + std::to_string(error.span->line) + ":" + std::to_string(error.span->column) + ": " + error.message;
}

inline ReadTable read_file_as(const std::filesystem::path& path, const TableOptions& options, const std::string& origin) {
  ReadTable table;
  Result<TableReader> reader = TableReader::open(path, options, origin);
  if (!reader.ok()) {
    table.error = described(reader.error());
    return table;
  }
  table.columns = reader->columns();
  Record record;
  BadRecord bad;
  while (true) {
    const Result<Next> next = reader->next(record, bad);
    if (!next.ok()) {
      table.error = described(next.error());
      return table;
    }
    if (*next == Next::end) return table;
    if (*next == Next::bad) {
      table.faults.push_back(described(bad.fault));
      table.hints.push_back(bad.fault.hint);
      table.excerpts.push_back(bad.fault.span->excerpt);
      table.raws.push_back(bad.raw);
      continue;
    }
    table.records.emplace_back(record.fields.begin(), record.fields.end());
    table.lines.push_back(record.line);
    EXPECT_EQ(record.number, static_cast<int64_t>(table.records.size()));
  }
}

inline ReadTable read_text(std::string_view text, const TableOptions& options = {}, const std::string& name = "data.csv") {
  const Scratch scratch;
  EXPECT_TRUE(write_file(scratch / name, text).ok());
  return read_file_as(scratch / name, options, name);
}

using Strings = std::vector<std::string>;
using Records = std::vector<Strings>;

}  // namespace mlopsctl::data
