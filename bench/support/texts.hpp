// A column of a CSV file in memory, for benchmarks.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "stages/data/table.hpp"

namespace mlopsctl::bench {

inline Result<std::vector<std::string>> column_of(const std::string& path, const std::string& name) {
  TRY_ASSIGN(data::TableReader reader, data::TableReader::open(path, {}, path));
  const auto column = static_cast<size_t>(std::find(reader.columns().begin(), reader.columns().end(), name) - reader.columns().begin());
  if (column == reader.columns().size()) return config_error(path + " has no column " + name);
  std::vector<std::string> texts;
  data::Record record;
  data::BadRecord bad;
  while (true) {
    TRY_ASSIGN(const data::Next next, reader.next(record, bad));
    if (next == data::Next::end) return texts;
    if (next == data::Next::record) texts.emplace_back(record.fields[column]);
  }
}

}  // namespace mlopsctl::bench
