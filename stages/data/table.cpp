#include "stages/data/table.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include "stages/data/csv_parser.hpp"
#include "stages/data/faults.hpp"
#include "stages/data/json_lines.hpp"
#include "stages/data/utf8.hpp"
#include "stages/data/window.hpp"

namespace mlopsctl::data {

namespace {

Format format_of(std::string name) {
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (name.ends_with(".tsv") || name.ends_with(".tab")) return Format::tsv;
  if (name.ends_with(".jsonl") || name.ends_with(".ndjson") || name.ends_with(".jsonlines")) return Format::json_lines;
  return Format::csv;
}

char delimiter_of(const TableOptions& options, Format format) {
  if (options.delimiter != 0) return options.delimiter;
  return format == Format::tsv ? '\t' : ',';
}

std::string joined(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::string counted(size_t count, std::string_view noun) { return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s"); }

}  // namespace

struct TableReader::Impl {
  Impl(Window opened, const TableOptions& wanted, Format resolved, std::string name)
      : window(std::move(opened)), options(wanted), format(resolved), origin(std::move(name)), parser(delimiter_of(wanted, resolved), wanted.quotes) {}

  Result<Next> next(Record& record, BadRecord& bad) { return format == Format::json_lines ? next_json(record, bad) : next_csv(record, bad); }
  Result<Next> next_csv(Record& record, BadRecord& bad);
  Result<Next> next_json(Record& record, BadRecord& bad);
  Next take_fields(Record& record, BadRecord& bad);
  Next broken_quote(bool unclosed, BadRecord& bad);
  Next too_long(BadRecord& bad);
  bool decode_line(std::string_view line, std::string_view& text, BadRecord& bad);
  Status read_columns();
  Status skip_mark();
  Status skip_line();
  void pass(size_t bytes, uint64_t newlines) {
    window.consume(bytes);
    line += static_cast<int64_t>(newlines);
  }
  RecordPlace place(size_t bytes) { return {origin, line, {window.begin(), bytes}}; }

  Window window;
  TableOptions options;
  Format format;
  std::string origin;
  CsvParser parser;
  std::vector<std::string> columns;
  size_t width = 0;  // fields a record must have; 0 while that is unknown
  int64_t line = 1;  // of window.begin()
  int64_t records = 0;
  bool skipping = false;      // the rest of the line belongs to a bad record
  bool repeat_first = false;  // without a header: the record that gave the width is still to be handed out
  Record first;
  std::string converted;  // latin-1 records and JSON cells
  std::vector<size_t> ends;
};

Status TableReader::Impl::skip_line() {
  while (skipping) {
    const auto* newline = static_cast<const char*>(std::memchr(window.begin(), '\n', window.size()));
    if (newline != nullptr) {
      pass(static_cast<size_t>(newline - window.begin()) + 1, 1);
      skipping = false;
    } else {
      window.consume(window.size());
      if (window.complete()) skipping = false;
      TRY(window.more());
    }
  }
  return {};
}

Result<Next> TableReader::Impl::next_csv(Record& record, BadRecord& bad) {
  TRY(skip_line());
  while (true) {
    if (window.size() == 0 && window.complete()) return Next::end;
    switch (parser.parse(window.begin(), window.end(), window.complete())) {
      case CsvParser::Outcome::need_more:
        if (window.size() > options.max_record) return too_long(bad);
        TRY(window.more());
        break;
      case CsvParser::Outcome::blank:
        pass(parser.length(), parser.newlines());
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

Next TableReader::Impl::take_fields(Record& record, BadRecord& bad) {
  const std::vector<CsvParser::Field>& fields = parser.fields();
  const size_t length = parser.length();
  const RecordPlace here = place(length);
  bool good = true;
  bool latin1 = false;
  if (parser.maybe_nul() && here.bytes.find('\0') != std::string_view::npos) {
    bad = nul_fault(here);
    good = false;
  } else if (parser.maybe_high() && options.encoding != Encoding::latin1 && !is_utf8(here.bytes)) {
    latin1 = options.encoding == Encoding::automatic;
    if (!latin1) bad = bad_utf8_fault(here);
    good = latin1;
  } else {
    latin1 = parser.maybe_high() && options.encoding == Encoding::latin1;
  }
  if (good && width != 0 && fields.size() != width) {
    const bool many = fields.size() > width;
    const char* at = many ? fields[width].begin : fields.back().end;
    if (many && at[-1] == '"' && options.quotes) --at;
    const std::string message = "found " + counted(fields.size(), "field") + ", expected " + std::to_string(width);
    bad = bad_record(here, static_cast<size_t>(at - window.begin()), message,
                     many ? "put quotes around a field that holds the delimiter, or set `delimiter`" : "the columns are: " + joined(columns), here.bytes);
    good = false;
  }
  if (!good) {
    pass(length, parser.newlines());
    return Next::bad;
  }

  record.number = ++records;
  record.line = line;
  record.fields.resize(fields.size());
  for (size_t i = 0; i < fields.size(); ++i) record.fields[i] = CsvParser::unescape(fields[i]);
  if (latin1) {
    converted.clear();
    converted.reserve(3 * length);
    for (std::string_view& field : record.fields) {
      const size_t start = converted.size();
      append_latin1(converted, field);
      field = std::string_view(converted).substr(start);
    }
  }
  pass(length, parser.newlines());
  return Next::record;
}

// Reading goes on after the line of the opening quote (unclosed) or after the line of the stray text.
Next TableReader::Impl::broken_quote(bool unclosed, BadRecord& bad) {
  const size_t at = static_cast<size_t>(parser.fault_at() - window.begin());
  const RecordPlace here = place(window.size());
  const size_t line_end = std::min(here.bytes.find('\n', at), here.bytes.size());
  const std::string_view consumed = here.bytes.substr(0, line_end);
  bad = unclosed ? bad_record(here, at, "this quote is not closed before the end of the file",
                              "close the quote, write a quote inside a field as \"\", or set `quotes: false`", consumed)
                 : bad_record(here, at, "found text after a closing quote, expected the delimiter or the end of the line",
                              "write a quote inside a quoted field as \"\", or set `quotes: false`", consumed);
  pass(line_end, static_cast<uint64_t>(std::count(consumed.begin(), consumed.end(), '\n')));
  skipping = true;
  return Next::bad;
}

Next TableReader::Impl::too_long(BadRecord& bad) {
  const RecordPlace here = place(window.size());
  const size_t line_end = std::min(here.bytes.find('\n'), here.bytes.size());
  bad = bad_record(here, 0, "this record is longer than " + std::to_string(options.max_record) + " bytes",
                   "look for a quote that is not closed in this line, or set `quotes: false`", here.bytes.substr(0, line_end));
  window.consume(line_end);
  skipping = true;
  return Next::bad;
}

bool TableReader::Impl::decode_line(std::string_view bytes, std::string_view& text, BadRecord& bad) {
  text = bytes;
  const bool ascii = ascii_prefix(bytes.data(), bytes.size()) == bytes.size();
  if (bytes.find('\0') != std::string_view::npos) {
    bad = nul_fault({origin, line, bytes});
    return false;
  }
  if (ascii || (options.encoding != Encoding::latin1 && is_utf8(bytes))) return true;
  if (options.encoding == Encoding::utf8) {
    bad = bad_utf8_fault({origin, line, bytes});
    return false;
  }
  converted.clear();
  append_latin1(converted, bytes);
  text = converted;
  return true;
}

Result<Next> TableReader::Impl::next_json(Record& record, BadRecord& bad) {
  TRY(skip_line());
  while (true) {
    if (window.size() == 0 && window.complete()) return Next::end;
    const std::string_view rest(window.begin(), window.size());
    const size_t newline = rest.find('\n');
    if (newline == std::string_view::npos && !window.complete()) {
      if (window.size() > options.max_record) return too_long(bad);
      TRY(window.more());
      continue;
    }
    std::string_view bytes = rest.substr(0, newline);
    const size_t length = bytes.size() + (newline == std::string_view::npos ? 0 : 1);
    if (bytes.ends_with('\r')) bytes.remove_suffix(1);
    if (bytes.find_first_not_of(" \t") == std::string_view::npos) {
      pass(length, 1);
      continue;
    }
    std::string_view text;
    const int64_t here = line;
    const bool decoded = decode_line(bytes, text, bad);
    pass(length, 1);
    if (!decoded) return Next::bad;

    Result<Json> parsed = parse_line({origin, here, text});
    if (!parsed.ok()) {
      bad = {std::move(parsed).error(), std::string(bytes.substr(0, 4096))};
      return Next::bad;
    }
    if (width == 0) {
      for (const auto& item : parsed->items()) columns.push_back(item.key());
      width = columns.size();
    }
    converted.clear();
    ends.clear();
    for (const std::string& name : columns) {
      const auto found = parsed->find(name);
      if (found != parsed->end()) append_cell(converted, *found);
      ends.push_back(converted.size());
    }
    if (converted.find('\0') != std::string::npos) {
      bad =
          bad_record({origin, here, bytes}, std::min(bytes.find("\\u0000"), bytes.size()), "found a NUL character, expected text", "remove the \\u0000", bytes);
      return Next::bad;
    }
    record.number = ++records;
    record.line = here;
    record.fields.clear();
    size_t start = 0;
    for (const size_t end : ends) {
      record.fields.push_back(std::string_view(converted).substr(start, end - start));
      start = end;
    }
    return Next::record;
  }
}

Status TableReader::Impl::skip_mark() {
  while (window.size() < 3 && !window.complete()) TRY(window.more());
  const std::string_view start(window.begin(), window.size());
  if (start.starts_with("\xEF\xBB\xBF")) {
    window.consume(3);
  } else if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) {
    return stage_error(origin + " is UTF-16, expected UTF-8 or latin-1").with_hint("convert it: `iconv -f UTF-16 -t UTF-8 " + origin + "`");
  }
  return {};
}

Status TableReader::Impl::read_columns() {
  BadRecord bad;
  TRY_ASSIGN(const Next got, next(first, bad));
  if (got == Next::end) {
    Error error = stage_error(origin + " is empty, expected " + (format == Format::json_lines ? "JSON objects" : options.header ? "a header line" : "records"));
    error.hint = "put the data in place; `mlopsctl validate` names the inputs";
    return error;
  }
  if (got == Next::bad) return std::move(bad.fault).note("while reading the first line of " + origin);
  width = first.fields.size();
  if (format == Format::json_lines || !options.header) {
    if (format != Format::json_lines)
      for (size_t i = 0; i < width; ++i) columns.push_back(std::to_string(i));
    repeat_first = true;
    return {};
  }
  records = 0;
  std::set<std::string> seen;
  for (const std::string_view name : first.fields) {
    columns.emplace_back(name);
    if (name.empty() || seen.insert(columns.back()).second) continue;
    Error error = stage_error("column \"" + columns.back() + "\" appears twice in the header of " + origin);
    error.span = SourceSpan{origin, static_cast<int>(first.line), 1, 1, {}};
    error.hint = "rename one of them, or set `header: false` if the first line holds data";
    return error;
  }
  return {};
}

TableReader::TableReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TableReader::~TableReader() = default;
TableReader::TableReader(TableReader&&) noexcept = default;

Result<TableReader> TableReader::open(const std::filesystem::path& path, const TableOptions& options, std::string origin) {
  TRY_ASSIGN(Window window, Window::open(path, origin));
  Format format = options.format;
  if (format == Format::automatic) format = format_of(path.filename().string());
  if (options.format == Format::automatic && format == Format::csv) format = format_of(origin);
  auto impl = std::make_unique<Impl>(std::move(window), options, format, std::move(origin));
  TRY(impl->skip_mark());
  TRY(impl->read_columns());
  return TableReader(std::move(impl));
}

const std::vector<std::string>& TableReader::columns() const { return impl_->columns; }

Result<size_t> TableReader::column(std::string_view name) const {
  const std::vector<std::string>& columns = impl_->columns;
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found != columns.end()) return static_cast<size_t>(found - columns.begin());
  Error error = config_error(impl_->origin + " has no column \"" + std::string(name) + "\"; its columns are: " + joined(columns));
  error.span = SourceSpan{impl_->origin, 1, 1, 1, {}};
  if (const auto near = nearest(name, columns)) error.hint = "did you mean " + *near + "?";
  return error;
}

Result<Next> TableReader::next(Record& record, BadRecord& bad) {
  if (impl_->repeat_first) {
    impl_->repeat_first = false;
    record = impl_->first;
    return Next::record;
  }
  return impl_->next(record, bad);
}

double TableReader::progress() const { return impl_->window.progress(); }

void append_csv(std::string& out, const std::vector<std::string_view>& fields) {
  const bool lone_empty = fields.size() == 1 && fields[0].empty();
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    const std::string_view field = fields[i];
    if (field.find_first_of(",\"\n\r") == std::string_view::npos && !lone_empty) {
      out += field;
      continue;
    }
    out += '"';
    size_t start = 0;
    for (size_t quote = field.find('"'); quote != std::string_view::npos; quote = field.find('"', start)) {
      out += field.substr(start, quote + 1 - start);
      out += '"';
      start = quote + 1;
    }
    out += field.substr(start);
    out += '"';
  }
  out += '\n';
}

}  // namespace mlopsctl::data
