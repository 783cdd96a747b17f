#include "stages/data/csv_reader.hpp"

#include <algorithm>
#include <set>

#include "pipeline/base/list_of.hpp"
#include "pipeline/base/plural.hpp"
#include "stages/data/utf8.hpp"

namespace mlopsctl::data {

Result<std::vector<std::string>> CsvReader::open() {
  TRY(skip_mark());
  BadRecord bad;
  TRY_ASSIGN(const Next got, read(first_, bad));
  if (got == Next::end) return empty(options_.header ? "a header line" : "records");
  if (got == Next::bad) return std::move(bad.fault).note("while reading the first line of " + origin_);
  width_ = first_.fields.size();
  if (!options_.header) {
    for (size_t i = 0; i < width_; ++i) columns_.push_back(std::to_string(i));
    first_waits_ = true;
    return columns_;
  }
  records_ = 0;
  const auto with_return = std::find_if(first_.fields.begin(), first_.fields.end(), [](auto name) { return name.find('\r') != std::string_view::npos; });
  if (with_return != first_.fields.end()) {
    Error error = stage_error("the lines end with a carriage return alone, expected \\n or \\r\\n");
    error.span = SourceSpan{origin_, 1, 1, 1, {}};
    error.hint = "convert it: `tr '\\r' '\\n' < " + origin_ + "`";
    return error;
  }
  std::set<std::string_view> seen;
  for (const std::string_view name : first_.fields) {
    columns_.emplace_back(name);
    if (name.empty() || seen.insert(name).second) continue;
    Error error = stage_error("column \"" + std::string(name) + "\" appears twice in the header of " + origin_);
    error.span = SourceSpan{origin_, static_cast<int>(first_.line), 1, 1, {}};
    error.hint = "rename one of them" + std::string(options_.by_flags ? "" : ", or set `header: false` if the first line holds data");
    return error;
  }
  return columns_;
}

Result<Next> CsvReader::next(Record& record, BadRecord& bad) {
  if (!first_waits_) return read(record, bad);
  first_waits_ = false;
  record = first_;
  return Next::record;
}

Result<Next> CsvReader::read(Record& record, BadRecord& bad) {
  TRY(skip_line());
  while (true) {
    if (window_.size() == 0 && window_.complete()) return Next::end;
    switch (parser_.parse(window_.begin(), window_.end(), window_.complete())) {
      case CsvParser::Outcome::need_more:
        if (window_.size() > options_.max_record) return too_long(bad);
        TRY(window_.more());
        break;
      case CsvParser::Outcome::blank:
        pass(parser_.length(), parser_.newlines());
        break;
      case CsvParser::Outcome::unclosed_quote:
        return broken_quote(true, bad);
      case CsvParser::Outcome::text_after_quote:
        return broken_quote(false, bad);
      case CsvParser::Outcome::record:
        return take_fields(record, bad);
    }
  }
}

std::optional<BadRecord> CsvReader::fault_of(const RecordPlace& here, bool utf8) {
  if (parser_.maybe_nul() && here.bytes.find('\0') != std::string_view::npos) return nul_fault(here);
  if (!utf8 && options_.encoding == Encoding::utf8) return bad_utf8_fault(here);
  const std::vector<CsvParser::Field>& fields = parser_.fields();
  if (width_ == 0 || fields.size() == width_) return std::nullopt;
  const bool many = fields.size() > width_;
  const char* at = many ? fields[width_].begin : fields.back().end;
  if (many && at[-1] == '"' && options_.quotes) --at;
  return bad_record(here, static_cast<size_t>(at - here.bytes.data()), "found " + count_of(fields.size(), "field") + ", expected " + std::to_string(width_),
                    many ? std::string("put quotes around a field that holds the delimiter, or ") + (options_.by_flags ? "give --delimiter" : "set `delimiter`")
                         : "the columns are: " + list_of(columns_),
                    here.bytes);
}

Next CsvReader::take_fields(Record& record, BadRecord& bad) {
  const std::vector<CsvParser::Field>& fields = parser_.fields();
  const size_t length = parser_.length();
  const RecordPlace here = place(length);
  const bool utf8 = !parser_.maybe_high() || (options_.encoding != Encoding::latin1 && is_utf8(here.bytes));
  if (std::optional<BadRecord> fault = fault_of(here, utf8)) {
    bad = std::move(*fault);
    pass(length, parser_.newlines());
    return Next::bad;
  }
  record.number = ++records_;
  record.line = line_;
  record.fields.resize(fields.size());
  for (size_t i = 0; i < fields.size(); ++i) record.fields[i] = CsvParser::unescape(fields[i]);
  if (!utf8) {
    converted_.clear();
    converted_.reserve(3 * length);
    for (std::string_view& field : record.fields) {
      const size_t start = converted_.size();
      append_latin1(converted_, field);
      field = std::string_view(converted_).substr(start);
    }
  }
  pass(length, parser_.newlines());
  return Next::record;
}

// Reading goes on after the line of the opening quote (unclosed) or after the line of the stray text.
Next CsvReader::broken_quote(bool unclosed, BadRecord& bad) {
  const size_t at = static_cast<size_t>(parser_.fault_at() - window_.begin());
  const RecordPlace here = place(window_.size());
  const size_t line_end = std::min(here.bytes.find('\n', at), here.bytes.size());
  const std::string_view consumed = here.bytes.substr(0, line_end);
  const std::string message =
      unclosed ? "this quote is not closed before the end of the file" : "found text after a closing quote, expected the delimiter or the end of the line";
  const std::string hint = unclosed ? "close the quote, write a quote inside a field as \"\", or set `quotes: false`"
                                    : "write a quote inside a quoted field as \"\", or set `quotes: false`";
  bad = bad_record(here, at, message, hint, consumed);
  pass(line_end, static_cast<uint64_t>(std::count(consumed.begin(), consumed.end(), '\n')));
  skip_rest_of_line();
  return Next::bad;
}

}  // namespace mlopsctl::data
