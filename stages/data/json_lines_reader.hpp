// JsonLinesReader: one JSON object per line. A value becomes text: strings as they are, null and missing keys empty, true/false, numbers as
// JSON writes them, lists and objects as canonical JSON.
#pragma once

#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "stages/data/record_reader.hpp"

namespace mlopsctl::data {

class JsonLinesReader final : public RecordReader {
 public:
  using RecordReader::RecordReader;

  // The keys of the first object, sorted.
  Result<std::vector<std::string>> open() override;
  Result<Next> next(Record& record, BadRecord& bad) override;
  void expect(Expected what) override { expected_ = std::move(what); }

 private:
  // The line as UTF-8 in `text`; false when it holds bytes that cannot be taken.
  bool decode(std::string_view line, std::string_view& text, BadRecord& bad);
  // What is amiss with the object; false: nothing.
  bool unexpected(const Json& object, const RecordPlace& here, BadRecord& bad) const;
  Next take_line(std::string_view line, int64_t number, Record& record, BadRecord& bad);

  std::vector<std::string> columns_;
  Expected expected_;
  bool has_columns_ = false, first_waits_ = false;
  std::string first_line_;
  int64_t first_number_ = 0;
  std::string converted_, cells_;
  std::vector<size_t> ends_;
};

}  // namespace mlopsctl::data
