#include "stages/data/record_reader.hpp"

#include <algorithm>
#include <cstring>

namespace mlopsctl::data {

Status RecordReader::skip_line() {
  while (skipping_) {
    const auto* newline = static_cast<const char*>(std::memchr(window_.begin(), '\n', window_.size()));
    if (newline != nullptr) {
      pass(static_cast<size_t>(newline - window_.begin()) + 1, 1);
      skipping_ = false;
    } else {
      window_.consume(window_.size());
      if (window_.complete()) skipping_ = false;
      TRY(window_.more());
    }
  }
  return {};
}

Next RecordReader::too_long(BadRecord& bad) {
  const RecordPlace here = place(window_.size());
  const size_t line_end = std::min(here.bytes.find('\n'), here.bytes.size());
  bad = bad_record(here, 0, "this record is longer than " + std::to_string(options_.max_record) + " bytes",
                   "look for a quote that is not closed in this line, or set `quotes: false`", here.bytes.substr(0, line_end));
  window_.consume(line_end);
  skip_rest_of_line();
  return Next::bad;
}

Status RecordReader::skip_mark() {
  while (window_.size() < 3 && !window_.complete()) TRY(window_.more());
  const std::string_view start(window_.begin(), window_.size());
  if (start.starts_with("\xEF\xBB\xBF")) {
    window_.consume(3);
  } else if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) {
    Error error = stage_error("the file is UTF-16, expected UTF-8 or latin-1").with_hint("convert it: `iconv -f UTF-16 -t UTF-8 " + origin_ + "`");
    error.span = SourceSpan{origin_, 1, 1, 1, {}};
    return error;
  }
  return {};
}

Error RecordReader::empty(std::string_view expected) const {
  Error error = stage_error("the file is empty, expected " + std::string(expected)).with_hint("put the data in place");
  error.span = SourceSpan{origin_, 1, 1, 1, {}};
  return error;
}

}  // namespace mlopsctl::data
