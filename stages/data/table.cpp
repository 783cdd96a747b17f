#include "stages/data/table.hpp"

#include <algorithm>
#include <optional>

#include "pipeline/base/edit_distance.hpp"
#include "stages/data/csv_reader.hpp"
#include "stages/data/json_lines_reader.hpp"
#include "stages/data/utf8.hpp"

namespace mlopsctl::data {

namespace {

// A name that a blank or a comma would hide is quoted.
std::string shown(const std::string& name) {
  const bool hidden = name.empty() || name.front() == ' ' || name.back() == ' ' || name.find_first_of(",\t\n") != std::string::npos;
  return hidden ? "\"" + name + "\"" : name;
}

std::string joined(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + shown(name);
  return list;
}

// One column whose name looks like several: what probably separates them.
std::optional<char> probable_delimiter(const std::vector<std::string>& columns) {
  if (columns.size() != 1) return std::nullopt;
  for (const char delimiter : {';', '\t', '|', ','})
    if (columns.front().find(delimiter) != std::string::npos) return delimiter;
  return std::nullopt;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

// The column meant by a name, if one is like it. One that holds the name ("sentiment" and "airline_sentiment"), whatever its case, is nearer than one
// with other letters, of which half may differ.
const std::string* nearest_column(std::string_view name, const std::vector<std::string>& columns) {
  constexpr size_t other_letters = 1000;
  const std::string wanted = lower(name);
  const std::string* best = nullptr;
  size_t best_distance = other_letters + (wanted.size() + 1) / 2 + 1;
  for (const std::string& column : columns) {
    const std::string found = lower(column);
    const bool holds = !wanted.empty() && !found.empty() && (found.find(wanted) != std::string::npos || wanted.find(found) != std::string::npos);
    const size_t distance = (holds ? 0 : other_letters) + edit_distance(wanted, found);
    if (distance >= best_distance) continue;
    best = &column;
    best_distance = distance;
  }
  return best;
}

}  // namespace

Format format_of(std::string name) {
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (name.ends_with(".tsv") || name.ends_with(".tab")) return Format::tsv;
  if (name.ends_with(".jsonl") || name.ends_with(".ndjson") || name.ends_with(".jsonlines")) return Format::json_lines;
  return Format::csv;
}

struct TableReader::Impl {
  std::string origin;
  bool by_flags = false;
  std::unique_ptr<RecordReader> reader;
  std::vector<std::string> columns;
};

TableReader::TableReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TableReader::~TableReader() = default;
TableReader::TableReader(TableReader&&) noexcept = default;

Result<TableReader> TableReader::open(const std::filesystem::path& path, const TableOptions& options, std::string origin) {
  TRY_ASSIGN(Window window, Window::open(path, origin));
  Format format = options.format;
  if (format == Format::automatic) format = format_of(path.filename().string());
  if (options.format == Format::automatic && format == Format::csv) format = format_of(origin);
  auto impl = std::make_unique<Impl>();
  impl->origin = origin;
  impl->by_flags = options.by_flags;
  if (format == Format::json_lines) {
    impl->reader = std::make_unique<JsonLinesReader>(std::move(window), options, std::move(origin));
  } else {
    const char delimiter = options.delimiter != 0 ? options.delimiter : format == Format::tsv ? '\t' : ',';
    impl->reader = std::make_unique<CsvReader>(std::move(window), options, delimiter, std::move(origin));
  }
  TRY_ASSIGN(impl->columns, impl->reader->open());
  return TableReader(std::move(impl));
}

const std::vector<std::string>& TableReader::columns() const { return impl_->columns; }

Result<size_t> TableReader::column(std::string_view name, std::string_view set_by) const {
  const std::vector<std::string>& columns = impl_->columns;
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found != columns.end()) return static_cast<size_t>(found - columns.begin());
  Error error = config_error(impl_->origin + " has no column \"" + std::string(name) + "\"; its columns are: " + joined(columns));
  error.span = SourceSpan{impl_->origin, 1, 1, 1, {}};
  const std::string to_set = set_by.empty() ? "" : "write " + std::string(set_by);
  if (const auto delimiter = probable_delimiter(columns))
    error.hint = "its fields seem to be separated otherwise: " + std::string(impl_->by_flags ? "give --delimiter \"" : "set delimiter: \"") +
                 (*delimiter == '\t' ? "\\t" : std::string(1, *delimiter)) + "\"";
  else if (const std::string* near = nearest_column(name, columns))
    error.hint = "did you mean " + shown(*near) + "?" + (to_set.empty() ? "" : " " + to_set + shown(*near));
  else if (!to_set.empty()) error.hint = to_set + "COLUMN, with one of these";
  return error;
}

void TableReader::expect(Expected what) { impl_->reader->expect(std::move(what)); }

Result<Next> TableReader::next(Record& record, BadRecord& bad) { return impl_->reader->next(record, bad); }

double TableReader::progress() const { return impl_->reader->progress(); }

namespace {

void append_fields(std::string& out, const std::vector<std::string_view>& fields, char delimiter, bool quotes) {
  const char ends[] = {delimiter, '"', '\n', '\r'};
  const bool lone_empty = fields.size() == 1 && fields[0].empty();
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += delimiter;
    const std::string_view field = fields[i];
    if (!quotes || (field.find_first_of(std::string_view(ends, sizeof ends)) == std::string_view::npos && !lone_empty)) {
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

}  // namespace

void append_csv(std::string& out, const std::vector<std::string_view>& fields) { append_fields(out, fields, ',', true); }

void append_record(std::string& out, const std::vector<std::string_view>& fields, const TableOptions& options, Format format) {
  const char usual = format == Format::tsv ? '\t' : ',';
  std::string record;
  append_fields(record, fields, options.delimiter == 0 ? usual : options.delimiter, options.quotes);
  out += options.encoding == Encoding::latin1 ? as_latin1(record) : record;
}

}  // namespace mlopsctl::data
